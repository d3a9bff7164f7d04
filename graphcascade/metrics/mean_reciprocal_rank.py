from __future__ import annotations

import torch
from torch import Tensor
from torchmetrics import Metric

from graphcascade.metrics.ranking import reciprocal_ranks

__all__ = ["MeanReciprocalRank"]


class MeanReciprocalRank(Metric):
    """Mean of 1 / rank of the true next user."""

    is_differentiable = False
    higher_is_better = True
    full_state_update = False
    total: Tensor
    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("count", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, rank: Tensor, weight: Tensor | None = None) -> None:
        """Adds predictions.

        Args:
            rank: Ranks ``[R]`` from 1, as returned by :func:`~graphcascade.metrics.resolve_ties`; infinite for a miss.
            weight: Weight of each prediction, ``[R]``; use one over the number of predictions of its cascade for the
                average over cascades.
        """
        weight = torch.ones_like(rank) if weight is None else weight
        self.total += (reciprocal_ranks(rank) * weight).sum()
        self.count += weight.sum()

    def compute(self) -> Tensor:
        return self.total / self.count
