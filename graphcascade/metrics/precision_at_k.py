from __future__ import annotations

from torch import Tensor

from graphcascade.metrics.tweet_ranking import RankedCandidates
from graphcascade.metrics.user_metric import UserMetric, check_k

__all__ = ["PrecisionAtK"]


class PrecisionAtK(UserMetric):
    """Share of positives among a user's ``k`` best candidates, averaged over users: P@k (AMNL paper, Section 3.2).

    A user with fewer than ``k`` candidates or positives cannot reach 1; see :class:`CappedPrecisionAtK`.

    Args:
        k: Length of the list of tweets that is recommended.
    """

    def __init__(self, k: int) -> None:
        super().__init__()
        self.k = check_k(type(self).__name__, k)

    def measure(self, ranked: RankedCandidates) -> Tensor:
        hits = ranked.sum_by_user(ranked.probability * (ranked.position <= self.k))
        return hits / self.k
