from __future__ import annotations

from torch import Tensor

from graphcascade.metrics.tweet_ranking import RankedCandidates
from graphcascade.metrics.user_metric_at_k import UserMetricAtK

__all__ = ["MAPAtK"]


class MAPAtK(UserMetricAtK):
    """Mean over users of the average precision of their ``k`` best candidates.

    The average precision sums the precision at the position of each positive among the ``k`` best, and divides by
    ``min(k, positives)``.

    Args:
        k: Length of the list of tweets that is recommended.
    """

    def measure(self, ranked: RankedCandidates) -> Tensor:
        # If the row is a positive, each of the rows of its tie above it is one of the tie's other positives with
        # probability (hits - 1) / (size - 1).
        tied_share = (ranked.hits - 1).clamp(min=0) / (ranked.size - 1).clamp(min=1)
        above = ranked.hits_before + (ranked.position - ranked.before - 1) * tied_share
        value = ranked.probability * (above + 1) / ranked.position * (ranked.position <= self.k)
        return ranked.sum_by_user(value) / ranked.positives.clamp(max=self.k)
