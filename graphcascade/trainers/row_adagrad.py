from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.optim import Adagrad
from torch.optim.adagrad import adagrad

from graphcascade.trainers.row_optimizer import RowOptimizer

__all__ = ["RowAdagrad"]


class RowAdagrad(RowOptimizer, Adagrad):
    """AdaGrad whose steps touch only those rows of a table that have a gradient.

    A table with a sparse gradient is updated as by :class:`torch.optim.Adagrad` with the dense one: rows without a
    gradient do not change there either. Its state is the same, too. Other weights, with dense gradients, are those of
    :class:`torch.optim.Adagrad`.

    Args:
        parameters: The weights.
        lr: Learning rate.
        weight_decay: L2 penalty; must be 0 if there are sparse gradients.
    """

    def _update_rows(self, table: Tensor, row: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[table]
        rows, sums = table.index_select(0, row), state["sum"].index_select(0, row)
        adagrad(
            [rows],
            [gradient],
            [sums],
            [state["step"]],
            fused=True,
            lr=group["lr"],
            weight_decay=0.0,
            lr_decay=group["lr_decay"],
            eps=group["eps"],
            maximize=group["maximize"],
        )
        table.index_copy_(0, row, rows)
        state["sum"].index_copy_(0, row, sums)
