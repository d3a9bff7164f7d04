from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import Function, once_differentiable
from torch.nn.functional import embedding_bag

from graphcascade.data.segments import segment_ids, segment_ptr

__all__ = ["Pairs", "pair_products", "sort_ids", "weighted_sums"]

with warnings.catch_warnings():  # torch warns once, at the first tensor of this kind, that it may change
    warnings.filterwarnings("ignore", "Sparse CSR tensor support")
    torch.sparse_csr_tensor([0, 0], [], [], (1, 1), check_invariants=False)


class Pairs(NamedTuple):
    """Pairs of a row on the left and a row on the right, sorted by the left one, with what both gradients need.

    Args:
        left: Row on the left of each pair, ``[E]`` int64, sorted.
        right: Row on the right of each pair, ``[E]`` int64.
        left_ptr: Boundaries of the rows on the left among the pairs, ``[n + 1]``.
        right_order: The pairs in the order of the rows on the right, ``[E]``.
        right_ptr: Boundaries of the rows on the right in this order, ``[m + 1]``.
    """

    left: Tensor
    right: Tensor
    left_ptr: Tensor
    right_order: Tensor
    right_ptr: Tensor

    @classmethod
    def from_ids(cls, left: Tensor, right: Tensor) -> tuple[Pairs, Tensor, Tensor]:
        """Numbers ids on both sides.

        Args:
            left: Ids, ``[E]`` int64, sorted.
            right: Ids, ``[E]`` int64.

        Returns:
            The pairs, and the different ids on the left, ``[n]``, and on the right, ``[m]``, both sorted.
        """
        left_ids, left_counts = torch.unique_consecutive(left, return_counts=True)
        ordered, right_order = sort_ids(right)
        right_ids, right_counts = torch.unique_consecutive(ordered, return_counts=True)
        left_ptr, right_ptr = segment_ptr(left_counts), segment_ptr(right_counts)
        number = torch.empty_like(right).scatter_(0, right_order, segment_ids(right_ptr))
        return cls(segment_ids(left_ptr), number, left_ptr, right_order, right_ptr), left_ids, right_ids

    @classmethod
    def from_rows(cls, left: Tensor, right: Tensor, sizes: tuple[int, int]) -> Pairs:
        """Returns pairs of numbered rows, of which some may be in no pair.

        Args:
            left: Row on the left of each pair, ``[E]`` int64, sorted.
            right: Row on the right of each pair, ``[E]`` int64.
            sizes: Number of rows on both sides.
        """
        left_ptr, right_ptr = (
            segment_ptr(torch.bincount(row, minlength=size)) for row, size in zip((left, right), sizes, strict=True)
        )
        return cls(left, right, left_ptr, sort_ids(right)[1], right_ptr)


def sort_ids(ids: Tensor) -> tuple[Tensor, Tensor]:
    """Sorts ids from 0 to 2**32 - 1, ``[E]`` int64, in a stable way; returns them, and their order, ``[E]``."""
    if ids.device.type != "cpu":
        return torch.sort(ids, stable=True)
    # NumPy sorts 16 bits at a time by radix, several times as fast as torch sorts a few thousand ids.
    order = torch.from_numpy(np.argsort(ids.numpy().astype(np.uint16), kind="stable"))
    high = ids.index_select(0, order).bitwise_right_shift_(16)
    if bool((high > 0).any()):
        order = order[torch.from_numpy(np.argsort(high.numpy().astype(np.uint16), kind="stable"))]
    return ids.index_select(0, order), order


def pair_products(left: Tensor, right: Tensor, pairs: Pairs) -> Tensor:
    """Computes the dot products of pairs of rows.

    The gradients are sums over the pairs of each row in closed form, so that neither they nor the products need a
    tensor of pairs x size.

    Args:
        left: Vectors, ``[n, dim]``.
        right: Vectors, ``[m, dim]``.
        pairs: The pairs of rows.

    Returns:
        ``[E]``.
    """
    dtype = torch.promote_types(torch.promote_types(left.dtype, right.dtype), torch.float32)
    left, right = (vector.to(dtype).contiguous() for vector in (left, right))
    product: Tensor = _PairProducts.apply(left, right, pairs)  # type: ignore[no-untyped-call]
    return product


def weighted_sums(weight: Tensor, right: Tensor, pairs: Pairs) -> Tensor:
    """Sums the weighted rows that each row on the left is paired with; neither it nor its gradients need pairs x size.

    Args:
        weight: Weight of each pair, ``[E]``.
        right: Vectors, ``[m, dim]``.
        pairs: The pairs of rows.

    Returns:
        ``[n, dim]``; zeros for a row without a pair.
    """
    dtype = torch.promote_types(torch.promote_types(weight.dtype, right.dtype), torch.float32)
    total: Tensor = _WeightedSums.apply(weight.to(dtype), right.to(dtype).contiguous(), pairs)  # type: ignore[no-untyped-call]
    return total


class _PairProducts(Function):
    @staticmethod
    def forward(ctx: Any, left: Tensor, right: Tensor, pairs: Pairs) -> Tensor:
        ctx.save_for_backward(left, right)
        ctx.pairs = pairs
        return _products(left, right, pairs)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        left, right = ctx.saved_tensors
        of_left = _sums_on_the_left(gradient, right, ctx.pairs) if ctx.needs_input_grad[0] else None
        of_right = _sums_on_the_right(gradient, left, ctx.pairs) if ctx.needs_input_grad[1] else None
        return of_left, of_right, None


class _WeightedSums(Function):
    @staticmethod
    def forward(ctx: Any, weight: Tensor, right: Tensor, pairs: Pairs) -> Tensor:
        ctx.save_for_backward(weight, right)
        ctx.pairs = pairs
        return _sums_on_the_left(weight, right, pairs)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        weight, right = ctx.saved_tensors
        gradient = gradient.contiguous()
        of_weight = _products(gradient, right, ctx.pairs) if ctx.needs_input_grad[0] else None
        of_right = _sums_on_the_right(weight, gradient, ctx.pairs) if ctx.needs_input_grad[1] else None
        return of_weight, of_right, None


def _products(left: Tensor, right: Tensor, pairs: Pairs) -> Tensor:
    size = (left.size(0), right.size(0))
    if size[0] * size[1] < pairs.left.numel():  # a sparse matrix cannot have more entries than this
        return (left @ right.t())[pairs.left, pairs.right]
    zeros = left.new_zeros(pairs.left.numel())
    pattern = torch.sparse_csr_tensor(pairs.left_ptr, pairs.right, zeros, size, check_invariants=False)
    product: Tensor = torch.sparse.sampled_addmm(pattern, left, right.t(), beta=0.0).values()
    return product


def _sums_on_the_left(weight: Tensor, right: Tensor, pairs: Pairs) -> Tensor:
    return _segment_sums(weight, right, pairs.right, pairs.left_ptr)


def _sums_on_the_right(weight: Tensor, left: Tensor, pairs: Pairs) -> Tensor:
    row, weight = (value.index_select(0, pairs.right_order) for value in (pairs.left, weight))
    return _segment_sums(weight, left, row, pairs.right_ptr)


def _segment_sums(weight: Tensor, vector: Tensor, row: Tensor, ptr: Tensor) -> Tensor:
    """Sums weighted rows within segments, without a tensor of all of them."""
    return embedding_bag(row, vector, ptr, mode="sum", per_sample_weights=weight, include_last_offset=True)
