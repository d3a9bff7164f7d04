from __future__ import annotations

import torch
from torch import Tensor
from torchmetrics import Metric

from graphcascade.errors import UsageError
from graphcascade.metrics.ranking import hits

__all__ = ["HitAtK"]


class HitAtK(Metric):
    """Share of predictions whose true user has one of the ``k`` highest scores; Acc@k in the CYAN-RNN paper.

    Args:
        k: Number of highest scores.
    """

    is_differentiable = False
    higher_is_better = True
    full_state_update = False
    total: Tensor
    count: Tensor

    def __init__(self, k: int) -> None:
        super().__init__()
        if k < 1:
            raise UsageError(owner="HitAtK", argument="k", value=k, reason="must be at least 1")
        self.k = k
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
        self.total += (hits(rank, self.k) * weight).sum()
        self.count += weight.sum()

    def compute(self) -> Tensor:
        return self.total / self.count
