from __future__ import annotations

from torch import Tensor

from graphcascade.metrics.tweet_ranking import RankedCandidates
from graphcascade.metrics.user_metric import UserMetric, check_k

__all__ = ["RecallAtK"]


class RecallAtK(UserMetric):
    """Share of a user's positives that are among the ``k`` best candidates, averaged over users.

    Args:
        k: Length of the list of tweets that is recommended.
    """

    def __init__(self, k: int) -> None:
        super().__init__()
        self.k = check_k(type(self).__name__, k)

    def measure(self, ranked: RankedCandidates) -> Tensor:
        hits = ranked.sum_by_user(ranked.probability * (ranked.position <= self.k))
        return hits / ranked.positives
