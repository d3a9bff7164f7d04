from __future__ import annotations

from torch import Tensor

from graphcascade.metrics.tweet_ranking import RankedCandidates
from graphcascade.metrics.user_metric_at_k import UserMetricAtK

__all__ = ["CappedPrecisionAtK"]


class CappedPrecisionAtK(UserMetricAtK):
    """Positives among a user's ``k`` best candidates, divided by ``min(k, positives)``: a perfect order reaches 1.

    Args:
        k: Length of the list of tweets that is recommended.
    """

    def measure(self, ranked: RankedCandidates) -> Tensor:
        return self.hits(ranked) / ranked.positives.clamp(max=self.k)
