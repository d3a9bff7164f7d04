from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from graphcascade.nn.fast_dropout import fast_dropout

__all__ = ["shared_attention"]

BLOCK_SIZE = 32  # events whose scores are computed at a time, few enough to stay in the cache


def shared_attention(
    query: Tensor, key: Tensor, value: Tensor, window: int | None, scale: float, dropout: float
) -> Tensor:
    """Causal attention of several heads that share keys and values; can be differentiated once only.

    The queries of all heads are rows of one matrix, so the keys are not copied. In the matrix of scores, rows are
    sources and columns are targets, because torch computes a softmax over short columns several times faster than over
    short rows.

    Args:
        query: ``[B, L, H, d]``.
        key: ``[B, L, d]``.
        value: ``[B, L, dv]``.
        window: Sources are the last ``window`` events; ``None`` for all.
        scale: Factor of the scores.
        dropout: Probability that a weight is dropped.

    Returns:
        Sums, ``[B, L, H, dv]``.
    """
    length, heads = query.shape[1:3]
    result: Tensor = _SharedAttention.apply(  # type: ignore[no-untyped-call]
        query.flatten(1, 2), key, value, heads, window, scale, dropout
    )
    return result.view(-1, length, heads, value.size(2))


class _SharedAttention(torch.autograd.Function):
    """Computes one block of targets after another and saves the weights for the backward pass."""

    @staticmethod
    def forward(
        ctx: Any,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        heads: int,
        window: int | None,
        scale: float,
        dropout: float,
    ) -> Tensor:
        weights, results = [], []
        for source, target, bias in _blocks(key, heads, window):
            weight = torch.baddbmm(bias, key[:, source], query[:, target].transpose(1, 2), alpha=scale)
            torch.softmax(weight, 1, out=weight)
            kept = fast_dropout(weight, dropout) if dropout > 0 else weight
            results.append(torch.bmm(kept.transpose(1, 2), value[:, source]))
            weights += [weight, kept]
        ctx.save_for_backward(query, key, value, *weights)
        ctx.heads, ctx.window, ctx.scale = heads, window, scale
        return _concatenate(results)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        grad = grad_outputs[0]
        query, key, value, *weights = ctx.saved_tensors
        grads = []
        grad_key, grad_value = torch.zeros_like(key), torch.zeros_like(value)
        blocks = _blocks(key, ctx.heads, ctx.window)
        for (source, target, _), weight, kept in zip(blocks, weights[::2], weights[1::2], strict=True):
            grad_value[:, source].baddbmm_(kept, grad[:, target])
            # The derivative of the softmax is w (g - sum of w g), with dropout between w and g.
            grad_score = torch.bmm(value[:, source], grad[:, target].transpose(1, 2)).mul_(kept)
            grad_score.addcmul_(weight, grad_score.sum(1, keepdim=True), value=-1)
            if ctx.scale != 1:
                grad_score *= ctx.scale
            grads.append(torch.bmm(grad_score.transpose(1, 2), key[:, source]))
            grad_key[:, source].baddbmm_(grad_score, query[:, target])
        return _concatenate(grads), grad_key, grad_value, None, None, None, None


def _concatenate(parts: list[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(parts, 1)


def _blocks(key: Tensor, heads: int, window: int | None) -> list[tuple[slice, slice, Tensor]]:
    """Returns sources, targets of all heads, and a bias of the scores: minus infinity for pairs that do not attend."""
    length = key.size(1)
    event = torch.arange(length, device=key.device)
    blocks = []
    for begin in range(0, length, BLOCK_SIZE):
        end = min(begin + BLOCK_SIZE, length)
        first_source = 0 if window is None else max(0, begin - window + 1)
        lag = event[begin:end] - event[first_source:end, None]  # [sources, targets]
        hidden = lag < 0 if window is None else (lag < 0) | (lag >= window)
        bias = key.new_zeros(hidden.shape).masked_fill_(hidden, -torch.inf)
        blocks.append(
            (slice(first_source, end), slice(begin * heads, end * heads), bias.repeat_interleave(heads, 1)),
        )
    return blocks
