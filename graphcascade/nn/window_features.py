"""Features of the beginnings of cascades, from which their final size is predicted."""

from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.data.segments import segment_ids, segment_positions

__all__ = ["WINDOW_FEATURES", "interval_counts", "window_features"]

PARTS = 6
EPSILON = 1e-3

WINDOW_FEATURES = (
    "log size",
    *(f"log events in part {part} of {PARTS}" for part in range(1, PARTS + 1)),
    "log elapsed time",
    "first event after the source",
    "mean time",
    "deviation of times",
    "last time",
    "share of events infected by the source",
    "mean depth",
    "maximum depth",
    "log number of infecting events",
)
"""Names of the columns of :func:`window_features`."""


def interval_counts(time: Tensor, ptr: Tensor, elapsed: Tensor, parts: int) -> Tensor:
    """Counts the events of cascades in equal parts of their windows.

    Args:
        time: Times of the events, ``[E]``.
        ptr: Boundaries of the cascades, ``[N + 1]``; none is empty.
        elapsed: Length of each window, from the first event on, ``[N]``.
        parts: Number of parts.

    Returns:
        ``[N, parts]`` float64; an event at the end of the window is in the last part.
    """
    cascade = segment_ids(ptr)
    share = relative_times(time, ptr, elapsed)
    part = (share * parts).long().clamp(0, parts - 1)
    counts = torch.bincount(cascade * parts + part, minlength=(ptr.numel() - 1) * parts)
    return counts.view(-1, parts).double()


def relative_times(time: Tensor, ptr: Tensor, elapsed: Tensor) -> Tensor:
    """Returns the times from the first event on, as shares of the length of the window, ``[E]``; 0 if that is 0."""
    cascade = segment_ids(ptr)
    length = torch.where(elapsed > 0, elapsed, 1.0)
    return (time - time[ptr[:-1]][cascade]) / length[cascade]


def window_features(time: Tensor, ptr: Tensor, elapsed: Tensor, parent: Tensor | None, scale: float = 1.0) -> Tensor:
    """Computes features of the beginnings of cascades: how many events, when, and, if known, who infected whom.

    Args:
        time: Times of the events, ``[E]`` float64.
        ptr: Boundaries of the cascades, ``[N + 1]``; none is empty.
        elapsed: Length of each window, ``[N]`` float64.
        parent: Position within the cascade of the event that infected each event's user, ``[E]``, a root's own; or
            ``None``, which makes the last four features 0.
        scale: Unit of the elapsed time in its feature.

    Returns:
        ``[N, 16]`` float64, in the order of :data:`WINDOW_FEATURES`. Logarithms are binary, and times are shares of the
        window.
    """
    cascade, size = segment_ids(ptr), ptr.diff()
    share = relative_times(time, ptr, elapsed)
    count = size.double()

    def mean(value: Tensor) -> Tensor:
        return torch.zeros_like(count).index_add_(0, cascade, value) / count

    center = mean(share)
    deviation = mean((share - center[cascade]).square()).sqrt()
    second = torch.where(size > 1, share[(ptr[:-1] + 1).clamp(max=time.numel() - 1)], 1.0)
    columns = [
        count.log2(),
        *torch.log2(1 + interval_counts(time, ptr, elapsed, PARTS)).unbind(1),
        torch.log2(elapsed / scale + EPSILON),
        second,
        center,
        deviation,
        share[ptr[1:] - 1],
    ]
    if parent is None:
        columns += [torch.zeros_like(count)] * 4
    else:
        first = ptr[:-1][cascade]
        row = parent + first
        child = segment_positions(ptr) > 0
        depth = event_depths(row).double()
        infecting = torch.zeros_like(row, dtype=torch.bool).index_fill_(0, row[child], True)
        columns += [
            mean(((parent == 0) & child).double()) * count / (count - 1).clamp(min=1),
            mean(depth),
            torch.zeros_like(count).scatter_reduce_(0, cascade, depth, "amax"),
            torch.log2(1 + mean(infecting.double()) * count),
        ]
    return torch.stack(columns, 1)


def event_depths(row: Tensor) -> Tensor:
    """Returns the number of steps from each event to its root, ``[E]`` int64.

    Args:
        row: Row of each event's parent, ``[E]``; a root's own row.
    """
    depth = (row != torch.arange(row.numel(), device=row.device)).long()
    while True:  # the distance to an ancestor doubles in each step
        further = row[row]
        if bool((further == row).all()):
            return depth
        depth, row = depth + depth[row], further
