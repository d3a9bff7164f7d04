from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

__all__ = ["drop", "shared_attention"]

BLOCK = 32  # events whose scores are formed at a time: only with those before them, and while they are in the cache


def shared_attention(
    query: Tensor, key: Tensor, value: Tensor, window: int | None, scale: float, dropout: float
) -> Tensor:
    """Causal attention of heads that have their keys and values in common; can be differentiated once only.

    One matrix of keys serves all heads: their queries lie one below the other, and nothing is copied. In the matrix of
    scores sources are rows and targets columns: torch is several times faster at the softmax over short columns than
    over short rows.

    Args:
        query: ``[B, L, H, d]``.
        key: ``[B, L, d]``.
        value: ``[B, L, dv]``.
        window: Sources are the last ``window`` events; ``None`` for all.
        scale: Of the scores.
        dropout: Share of the weights that is dropped.

    Returns:
        Sums, ``[B, L, H, dv]``.
    """
    length, heads = query.shape[1:3]
    result: Tensor = _SharedAttention.apply(  # type: ignore[no-untyped-call]
        query.flatten(1, 2), key, value, heads, window, scale, dropout
    )
    return result.view(-1, length, heads, value.size(2))


def drop(x: Tensor, share: float) -> Tensor:
    """Dropout as torch's, several times faster on a CPU: 16 random bits a number, so ``share`` is rounded to 2^-16."""
    dropped = round(share * 2**16)
    if x.device.type != "cpu" or dropped in (0, 2**16):
        return torch.nn.functional.dropout(x, share)
    bits = torch.empty(-(-x.numel() // 4), dtype=torch.long).random_(-(2**63), None)
    keep = bits.view(torch.int16)[: x.numel()] >= dropped - 2**15
    return keep.view(x.shape).to(x.dtype).mul_(2**16 / (2**16 - dropped)) * x


class _SharedAttention(torch.autograd.Function):
    """Blocks of targets one after the other; weights are kept for the way back."""

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
            kept = drop(weight, dropout) if dropout > 0 else weight
            results.append(torch.bmm(kept.transpose(1, 2), value[:, source]))
            weights += [weight, kept]
        ctx.save_for_backward(query, key, value, *weights)
        ctx.heads, ctx.window, ctx.scale = heads, window, scale
        return _joined(results)

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
            # The derivative of the softmax: w (g - sum of w g), where dropout lies between w and g.
            slope = torch.bmm(value[:, source], grad[:, target].transpose(1, 2)).mul_(kept)
            slope.addcmul_(weight, slope.sum(1, keepdim=True), value=-1)
            if ctx.scale != 1:
                slope *= ctx.scale
            grads.append(torch.bmm(slope.transpose(1, 2), key[:, source]))
            grad_key[:, source].baddbmm_(slope, query[:, target])
        return _joined(grads), grad_key, grad_value, None, None, None, None


def _joined(parts: list[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(parts, 1)


def _blocks(key: Tensor, heads: int, window: int | None) -> list[tuple[slice, slice, Tensor]]:
    """Sources, targets with their heads, and what is added to their scores: minus infinity where none is due."""
    length = key.size(1)
    event = torch.arange(length, device=key.device)
    blocks = []
    for first in range(0, length, BLOCK):
        last = min(first + BLOCK, length)
        low = 0 if window is None else max(0, first - window + 1)
        lag = event[first:last] - event[low:last, None]  # [sources, targets]
        hidden = lag < 0 if window is None else (lag < 0) | (lag >= window)
        bias = key.new_zeros(hidden.shape).masked_fill_(hidden, -torch.inf)
        blocks.append(
            (slice(low, last), slice(first * heads, last * heads), bias.repeat_interleave(heads, 1)),
        )
    return blocks
