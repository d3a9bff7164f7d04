"""Cascades step by step: the order in which recurrent layers go through a batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from graphcascade.data.segments import segment_ids, segment_positions

__all__ = ["StepOrder", "run_recurrence", "step_order"]

FEWER = 0.6


class StepOrder(NamedTuple):
    """Events step by step, within a step the longest cascade first.

    Args:
        event: Rows of the events in this order, ``[E]``.
        place: Where each event is in this order, ``[E]``.
        order: Cascades, the longest first, ``[B]``.
        rank: Place of each event's cascade among them, ``[E]``.
        batch_sizes: Number of cascades that have an event at each step, as in torch's ``PackedSequence``.
    """

    event: Tensor
    place: Tensor
    order: Tensor
    rank: Tensor
    batch_sizes: list[int]


def step_order(ptr: Tensor) -> StepOrder:
    """The order of a batch of cascades with boundaries ``ptr`` ``[B + 1]``."""
    cascade, position = segment_ids(ptr), segment_positions(ptr)
    size, order = ptr.diff().sort(descending=True, stable=True)
    rank = torch.empty_like(order).index_put_((order,), torch.arange(order.numel(), device=ptr.device))[cascade]
    steps = int(size[0]) if size.numel() else 0
    batch_sizes = (size[:, None] > torch.arange(steps, device=ptr.device)).sum(0)
    begin = torch.cat([batch_sizes.new_zeros(1), batch_sizes.cumsum(0)])
    place = begin[position] + rank
    event = torch.empty_like(place).index_put_((place,), torch.arange(place.numel(), device=ptr.device))
    return StepOrder(event, place, order, rank, batch_sizes.tolist())


def run_recurrence(layer: nn.RNNBase, x: Tensor, batch_sizes: list[int]) -> Tensor:
    """States of a recurrent layer of one direction after each event.

    Padded runs are several times faster than packed ones, whose gradient takes time in the square of the length. But
    of a long cascade among short ones most would be padding, so the steps are run in blocks of few.

    Args:
        layer: ``nn.RNN``, ``nn.GRU`` or ``nn.LSTM``.
        x: Inputs in the order of :func:`step_order`, ``[E, layer.input_size]``.
        batch_sizes: See :class:`StepOrder`.

    Returns:
        ``[E, layer.hidden_size]``, in the same order.
    """
    blocks = list(_blocks(batch_sizes))
    found, state = [x.new_empty(0, layer.hidden_size)], None
    for rows, (begin, end) in zip(x.split([sum(batch_sizes[begin:end]) for begin, end in blocks]), blocks, strict=True):
        count = batch_sizes[begin]
        sizes = torch.tensor(batch_sizes[begin:end], device=x.device)
        real = (torch.arange(count, device=x.device) < sizes[:, None]).view(-1).nonzero().view(-1)
        padded = rows
        if real.numel() < count * (end - begin):
            padded = x.new_zeros(count * (end - begin), x.size(1)).index_copy(0, real, rows)
        output, state = layer(padded.view(end - begin, count, -1), _first(state, count))
        output = output.reshape(-1, layer.hidden_size)
        found.append(output if padded is rows else output.index_select(0, real))
    return torch.cat(found)


def _blocks(batch_sizes: list[int]) -> Iterator[tuple[int, int]]:
    begin = 0
    for step, count in enumerate(batch_sizes):
        if count <= FEWER * batch_sizes[begin]:
            yield begin, step
            begin = step
    if batch_sizes:
        yield begin, len(batch_sizes)


def _first(state: Any, count: int) -> Any:
    """The states of the first cascades."""
    if state is None:
        return None
    if isinstance(state, tuple):
        return tuple(part[:, :count].contiguous() for part in state)
    return state[:, :count].contiguous()
