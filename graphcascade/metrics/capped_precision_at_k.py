from __future__ import annotations

from torch import Tensor

from graphcascade.metrics.tweet_ranking import RankedCandidates
from graphcascade.metrics.user_metric import UserMetric, check_k

__all__ = ["CappedPrecisionAtK"]


class CappedPrecisionAtK(UserMetric):
    """Positives among a user's ``k`` best candidates, divided by ``min(k, positives)``: a perfect order reaches 1.

    Args:
        k: Length of the list of tweets that is recommended.
    """

    def __init__(self, k: int) -> None:
        super().__init__()
        self.k = check_k(type(self).__name__, k)

    def measure(self, ranked: RankedCandidates) -> Tensor:
        hits = ranked.sum_by_user(ranked.probability * (ranked.position <= self.k))
        return hits / ranked.positives.clamp(max=self.k)
