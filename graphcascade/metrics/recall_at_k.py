from __future__ import annotations

from torch import Tensor

from graphcascade.metrics.tweet_ranking import RankedCandidates
from graphcascade.metrics.user_metric_at_k import UserMetricAtK

__all__ = ["RecallAtK"]


class RecallAtK(UserMetricAtK):
    """Share of a user's positives that are among the ``k`` best candidates, averaged over users.

    Args:
        k: Length of the list of tweets that is recommended.
    """

    def measure(self, ranked: RankedCandidates) -> Tensor:
        return self.hits(ranked) / ranked.positives
