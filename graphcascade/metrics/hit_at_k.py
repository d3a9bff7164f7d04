from __future__ import annotations

import torch
from torch import Tensor
from torchmetrics import Metric

from graphcascade.errors import UsageError
from graphcascade.metrics.ranking import hits

__all__ = ["HitAtK"]


class HitAtK(Metric):
    """Share of predictions whose true user is among the ``k`` highest scores; the CYAN-RNN paper calls it Acc@k.

    Args:
        k: How many count.
    """

    is_differentiable = False
    higher_is_better = True
    full_state_update = False
    total: Tensor
    count: Tensor

    def __init__(self, k: int) -> None:
        super().__init__()
        if k < 1:
            raise UsageError(f"HitAtK: k={k}, must be at least 1.")
        self.k = k
        self.add_state("total", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("count", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, rank: Tensor, weight: Tensor | None = None) -> None:
        """Takes predictions.

        Args:
            rank: Ranks ``[R]`` from 1, as :func:`~graphcascade.metrics.resolve_ties` gives them; infinite for a miss.
            weight: How much each counts, ``[R]``; one over the number of its cascade's predictions gives the average
                over cascades.
        """
        weight = torch.ones_like(rank) if weight is None else weight
        self.total += (hits(rank, self.k) * weight).sum()
        self.count += weight.sum()

    def compute(self) -> Tensor:
        return self.total / self.count
