from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Adagrad
from torch.optim.adagrad import adagrad

__all__ = ["RowAdagrad"]


class RowAdagrad(Adagrad):
    """AdaGrad whose steps touch only those rows of a table that have a gradient.

    A table with a sparse gradient is updated as by :class:`torch.optim.Adagrad` with the dense one: rows without a
    gradient do not change there either. Its state is the same, too. Other weights, with dense gradients, are those of
    :class:`torch.optim.Adagrad`.

    Args:
        parameters: The weights.
        lr: Learning rate.
        weight_decay: L2 penalty; must be 0 if there are sparse gradients.
    """

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None and parameter.grad.is_sparse:
                    if group["weight_decay"] != 0:
                        raise ValueError("weight_decay needs dense gradients")
                    self._update_rows(parameter, group)
                    parameter.grad = None
        super().step()
        return loss

    def _update_rows(self, table: Tensor, group: dict[str, Any]) -> None:
        gradient, state = table.grad, self.state[table]
        assert gradient is not None  # checked by the caller
        row, value = gradient._indices()[0], gradient._values()
        if not bool((row.diff() > 0).all()):  # the gradients of several look-ups
            gradient = gradient.coalesce()
            row, value = gradient.indices()[0], gradient.values()
        rows, sums = table.index_select(0, row), state["sum"].index_select(0, row)
        adagrad(
            [rows],
            [value],
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
