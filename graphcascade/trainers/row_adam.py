from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.optim import Adam
from torch.optim.adam import adam

from graphcascade.trainers.row_optimizer import RowOptimizer

__all__ = ["RowAdam"]


class RowAdam(RowOptimizer, Adam):
    """Adam whose steps touch only those rows of a table that have a gradient.

    A table with a sparse gradient is updated as by :class:`torch.optim.SparseAdam`: the two moments of a row change
    only in the steps in which the row has a gradient, and the correction of their bias counts all steps. Unlike
    ``SparseAdam``, one optimizer takes both kinds of gradients: weights with dense ones are those of
    :class:`torch.optim.Adam`.

    Args:
        parameters: The weights.
        lr: Learning rate.
        weight_decay: L2 penalty; must be 0 if there are sparse gradients.
    """

    def _update_rows(self, table: Tensor, row: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[table]
        if not state:  # as Adam has it
            state["step"] = torch.zeros((), dtype=torch.float32, device=table.device)
            state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(table), torch.zeros_like(table)
        names = ("exp_avg", "exp_avg_sq")
        rows, (mean, square) = table.index_select(0, row), (state[name].index_select(0, row) for name in names)
        beta1, beta2 = group["betas"]
        adam(
            [rows],
            [gradient],
            [mean],
            [square],
            [],
            [state["step"]],
            fused=True,
            amsgrad=False,
            beta1=beta1,
            beta2=beta2,
            lr=group["lr"],
            weight_decay=0.0,
            eps=group["eps"],
            maximize=group["maximize"],
        )
        table.index_copy_(0, row, rows)
        state["exp_avg"].index_copy_(0, row, mean)
        state["exp_avg_sq"].index_copy_(0, row, square)
