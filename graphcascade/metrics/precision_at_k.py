from __future__ import annotations

from torch import Tensor

from graphcascade.metrics.tweet_ranking import RankedCandidates
from graphcascade.metrics.user_metric_at_k import UserMetricAtK

__all__ = ["PrecisionAtK"]


class PrecisionAtK(UserMetricAtK):
    """Share of positives among a user's ``k`` best candidates, averaged over users: P@k (AMNL paper, Section 3.2).

    A user with fewer than ``k`` candidates or positives cannot reach 1; see :class:`CappedPrecisionAtK`.

    Args:
        k: Length of the list of tweets that is recommended.
    """

    def measure(self, ranked: RankedCandidates) -> Tensor:
        return self.hits(ranked) / self.k
