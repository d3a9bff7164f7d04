r"""Slices of a tensor that overlap, whose gradients are added up in one tensor.

.. math::
    y_k = x[:, b_k : e_k] \qquad\Rightarrow\qquad
    \frac{\partial L}{\partial x_{:, p}} = \sum_{k:\; b_k \le p < e_k} \frac{\partial L}{\partial y_{k,\, :,\, p - b_k}}

For the gradient of each slice, torch makes a tensor of zeros as large as x, and adds these tensors. Here, the gradients
of all slices are added to one tensor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.autograd.function import Function, once_differentiable

__all__ = ["overlapping_slices"]


def overlapping_slices(x: Tensor, bounds: Sequence[tuple[int, int]]) -> tuple[Tensor, ...]:
    """Returns ``x[:, begin:end]`` for several bounds; can be differentiated once only.

    Args:
        x: ``[R, S, ...]``.
        bounds: Pairs of ``0 <= begin <= end <= S``.
    """
    result: tuple[Tensor, ...] = _OverlappingSlices.apply(x, bounds)  # type: ignore[no-untyped-call]
    return result


class _OverlappingSlices(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, bounds: Sequence[tuple[int, int]]) -> tuple[Tensor, ...]:
        ctx.bounds, ctx.shape = bounds, x.shape
        ctx.set_materialize_grads(False)
        return tuple(x[:, begin:end] for begin, end in bounds)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, None]:
        used = [(bound, part) for bound, part in zip(ctx.bounds, gradients, strict=True) if part is not None]
        if not used:
            return None, None
        total = used[0][1].new_zeros(ctx.shape)
        for (begin, end), part in used:
            total[:, begin:end] += part
        return total, None
