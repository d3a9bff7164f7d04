from __future__ import annotations

from torch import Tensor

from graphcascade.errors import UsageError
from graphcascade.metrics.tweet_ranking import RankedCandidates
from graphcascade.metrics.user_metric import UserMetric

__all__ = ["UserMetricAtK"]


class UserMetricAtK(UserMetric):
    """Base of metrics of a user's ``k`` best candidates.

    Args:
        k: Length of the list of tweets that is recommended.

    Raises:
        UsageError: ``k`` is below 1.
    """

    def __init__(self, k: int) -> None:
        super().__init__()
        if k < 1:
            raise UsageError(owner=type(self).__name__, argument="k", value=k, reason="must be at least 1")
        self.k = k

    def hits(self, ranked: RankedCandidates) -> Tensor:
        """Returns the expected number of positives among the ``k`` best candidates of each user, ``[B]`` float64."""
        return ranked.sum_by_user(ranked.probability * (ranked.position <= self.k))
