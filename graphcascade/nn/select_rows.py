from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

__all__ = ["select_rows"]


def select_rows(table: Tensor, row: Tensor, sparse: bool) -> Tensor:
    """Returns distinct rows of a table, ``[n, ...]``.

    Args:
        table: Table, ``[U, ...]``; unlike :func:`torch.nn.functional.embedding`, of any dimension.
        row: Rows, ``[n]`` int64, ascending and distinct.
        sparse: Whether the gradient of the table is sparse, with these rows only.
    """
    if not sparse:
        return table.index_select(0, row)
    rows: Tensor = _SelectRows.apply(table, row)  # type: ignore[no-untyped-call]
    return rows


class _SelectRows(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, table: Tensor, row: Tensor) -> Tensor:
        ctx.save_for_backward(row)
        ctx.size = table.shape
        return table.index_select(0, row)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (row,) = ctx.saved_tensors
        gradient = torch.sparse_coo_tensor(
            row.unsqueeze(0), grads[0], ctx.size, is_coalesced=True, check_invariants=False
        )
        return gradient, None
