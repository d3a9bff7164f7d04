from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor
from torchmetrics import Metric

from graphcascade.errors import UsageError
from graphcascade.metrics.tweet_ranking import RankedCandidates, rank_candidates

__all__ = ["UserMetric"]


class UserMetric(Metric):
    """Base of metrics of the order of each user's candidates, averaged over users with a positive candidate.

    A subclass defines :meth:`measure`. The states are two sums, so that memory does not grow and devices can be joined;
    all candidates of a user must be in one call of :meth:`update`.
    """

    is_differentiable = False
    higher_is_better = True
    full_state_update = False
    total: Tensor
    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("count", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, score: Tensor, label: Tensor, user: Tensor) -> None:
        """Adds the candidates of users.

        Args:
            score: Scores, ``[E]``.
            label: Whether each candidate is a positive, ``[E]`` bool.
            user: User of each candidate, ``[E]`` int64, in any order.

        Raises:
            UsageError: The shapes differ; a score is not finite.
        """
        if not score.shape == label.shape == user.shape or score.dim() != 1:
            raise UsageError(
                f"{type(self).__name__}: score, label and user must have one shape [E], got {list(score.shape)}, "
                f"{list(label.shape)} and {list(user.shape)}."
            )
        if not bool(score.isfinite().all()):
            raise UsageError(f"{type(self).__name__}: a score is not finite: has training diverged?")
        value = self.measure(rank_candidates(score, label, user))
        value = value[value.isfinite()]  # a user for whom the metric is not defined has NaN
        self.total += value.sum()
        self.count += value.numel()

    @abstractmethod
    def measure(self, ranked: RankedCandidates) -> Tensor:
        """Returns the metric of each user, ``[B]`` float64; NaN where it is not defined."""

    def compute(self) -> Tensor:
        return self.total / self.count
