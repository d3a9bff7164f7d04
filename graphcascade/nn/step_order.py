"""The order in which recurrent layers process the events of a batch of cascades."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from graphcascade.data.segments import segment_ids, segment_positions

__all__ = ["StepOrder", "run_recurrence", "step_order"]

MIN_BLOCK_FILL = 0.6  # a new block starts at the step that at most this share of the block's cascades reaches


class StepOrder(NamedTuple):
    """Events sorted by step, and within a step by the length of their cascade, the longest first.

    Args:
        event: Positions of the events of the batch, in this order, ``[E]``.
        place: Position of each event in this order, ``[E]``.
        order: Cascades sorted by length, the longest first, ``[B]``.
        rank: Position of each event's cascade in ``order``, ``[E]``.
        batch_sizes: Number of cascades that have an event at each step, as in torch's ``PackedSequence``.
    """

    event: Tensor
    place: Tensor
    order: Tensor
    rank: Tensor
    batch_sizes: list[int]


def step_order(ptr: Tensor) -> StepOrder:
    """Returns the order of a batch of cascades with boundaries ``ptr`` ``[B + 1]``."""
    cascade, position = segment_ids(ptr), segment_positions(ptr)
    size, order = ptr.diff().sort(descending=True, stable=True)
    rank = torch.empty_like(order).index_put_((order,), torch.arange(order.numel(), device=ptr.device))[cascade]
    steps = int(size[0]) if size.numel() else 0
    batch_sizes = (size[:, None] > torch.arange(steps, device=ptr.device)).sum(0)
    start = torch.cat([batch_sizes.new_zeros(1), batch_sizes.cumsum(0)])
    place = start[position] + rank
    event = torch.empty_like(place).index_put_((place,), torch.arange(place.numel(), device=ptr.device))
    return StepOrder(event, place, order, rank, batch_sizes.tolist())


def run_recurrence(layer: nn.RNNBase, x: Tensor, batch_sizes: list[int]) -> Tensor:
    """Returns the states of a unidirectional recurrent layer after each event.

    Padded input is several times faster than packed input, whose gradient takes quadratic time in the length. To limit
    the padding if a few cascades are much longer than the others, the steps are run in blocks. On the CPU, mixed
    precision is turned off: for many processors torch has no LSTM in bfloat16.

    Args:
        layer: ``nn.RNN``, ``nn.GRU`` or ``nn.LSTM``.
        x: Inputs in the order of :func:`step_order`, ``[E, layer.input_size]``.
        batch_sizes: See :class:`StepOrder`.

    Returns:
        ``[E, layer.hidden_size]``, in the same order.
    """
    if x.device.type == "cpu":
        x = x.to(next(layer.parameters()).dtype)
    blocks = list(_blocks(batch_sizes))
    outputs, state = [x.new_empty(0, layer.hidden_size)], None
    for rows, (start, end) in zip(x.split([sum(batch_sizes[start:end]) for start, end in blocks]), blocks, strict=True):
        count = batch_sizes[start]
        sizes = torch.tensor(batch_sizes[start:end], device=x.device)
        real = (torch.arange(count, device=x.device) < sizes[:, None]).view(-1).nonzero().view(-1)
        padded = rows
        if real.numel() < count * (end - start):
            padded = x.new_zeros(count * (end - start), x.size(1)).index_copy(0, real, rows)
        with torch.autocast("cpu", enabled=False):
            output, state = layer(padded.view(end - start, count, -1), _first_states(state, count))
        output = output.reshape(-1, layer.hidden_size)
        outputs.append(output if padded is rows else output.index_select(0, real))
    return torch.cat(outputs)


def _blocks(batch_sizes: list[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for step, count in enumerate(batch_sizes):
        if count <= MIN_BLOCK_FILL * batch_sizes[start]:
            yield start, step
            start = step
    if batch_sizes:
        yield start, len(batch_sizes)


def _first_states(state: Any, count: int) -> Any:
    """Returns the states of the first ``count`` cascades."""
    if state is None:
        return None
    if isinstance(state, tuple):
        return tuple(part[:, :count].contiguous() for part in state)
    return state[:, :count].contiguous()
