from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

__all__ = ["RowOptimizer"]


class RowOptimizer(Optimizer):
    """Base of optimizers whose steps touch only those rows of a table that have a gradient.

    A subclass also inherits from an optimizer of torch, which updates the weights with dense gradients.
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
                    gradient = parameter.grad
                    if not bool((gradient._indices()[0].diff() > 0).all()):  # the gradients of several look-ups
                        gradient = gradient.coalesce()
                    self._update_rows(parameter, gradient._indices()[0], gradient._values(), group)
                    parameter.grad = None
        super().step()
        return loss

    @abstractmethod
    def _update_rows(self, table: Tensor, row: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        """Updates distinct rows of a table in place, and their state.

        Args:
            table: Table, ``[U, ...]``.
            row: Rows, ``[n]`` int64.
            gradient: Their gradients, ``[n, ...]``.
            group: Settings of the optimizer for this table.
        """
