"""Index arithmetic on flat tensors that hold one segment per cascade."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

__all__ = [
    "expand_ranges",
    "num_pairs",
    "ordered_pairs",
    "pairs_by_user",
    "portions",
    "running_sums",
    "segment_ids",
    "segment_positions",
    "segment_ptr",
    "segment_steps",
    "select_segments",
]


def segment_ptr(sizes: Tensor) -> Tensor:
    """Boundaries ``[N + 1]`` of segments with ``sizes`` ``[N]``."""
    ptr = sizes.new_zeros(sizes.numel() + 1)
    torch.cumsum(sizes, 0, out=ptr[1:])
    return ptr


def running_sums(value: Tensor, ptr: Tensor) -> Tensor:
    """Cumulative sums within each segment of ``value`` ``[E, n]``, which must not be negative."""
    total = value.cumsum(0)
    before = torch.cat([total.new_zeros(1, total.size(1)), total])[ptr[:-1]]
    return (total - before[segment_ids(ptr)]).clamp_(min=0)


def segment_ids(ptr: Tensor) -> Tensor:
    """Number of the segment that each of the ``E`` rows belongs to, ``[E]``."""
    sizes = ptr.diff()
    total = int(ptr[-1]) - int(ptr[0])
    return torch.repeat_interleave(torch.arange(sizes.numel(), device=ptr.device), sizes, output_size=total)


def segment_positions(ptr: Tensor) -> Tensor:
    """Position of each row within its segment, ``[E]``."""
    first = torch.repeat_interleave(ptr[:-1], ptr.diff(), output_size=int(ptr[-1]))
    return torch.arange(first.numel(), device=ptr.device) - first


def segment_steps(value: Tensor, ptr: Tensor) -> Tensor:
    """Differences of ``value`` between consecutive rows of the same segment, in order."""
    return value.diff()[segment_ids(ptr).diff() == 0]


def select_segments(ptr: Tensor, index: Tensor) -> tuple[Tensor, Tensor]:
    """Selects the rows of the segments ``index``, in that order.

    Args:
        ptr: Boundaries ``[N + 1]`` of all segments.
        index: Segments to take, ``[B]``, each in ``[0, N)``.

    Returns:
        The rows ``[E']`` and the boundaries ``[B + 1]`` among them.
    """
    return expand_ranges(ptr[index], ptr[index + 1])


def expand_ranges(start: Tensor, stop: Tensor) -> tuple[Tensor, Tensor]:
    """Concatenates the ranges of integers from ``start[b]`` to ``stop[b] - 1``.

    Returns:
        The numbers ``[E']`` and the boundaries ``[B + 1]`` of the ranges among them.
    """
    ptr = segment_ptr(stop - start)
    total = int(ptr[-1])
    offset = torch.repeat_interleave(start - ptr[:-1], ptr.diff(), output_size=total)
    return offset + torch.arange(total, device=start.device), ptr


def portions(size: Tensor, limit: int) -> Iterator[slice]:
    """Yields slices of ``[R]`` rows whose total size is at most ``limit``; a larger row gets a slice of its own."""
    total = segment_ptr(size)
    begin = 0
    while begin < size.numel():
        end = int(torch.searchsorted(total, total[begin] + limit, right=True)) - 1
        end = min(max(end, begin + 1), size.numel())
        yield slice(begin, end)
        begin = end


def num_pairs(ptr: Tensor) -> int:
    """Number of pairs of rows within the segments."""
    size = ptr.diff()
    return int((size * (size - 1) // 2).sum())


def pairs_by_user(
    user: Tensor, ptr: Tensor, event: Tensor, chunk: int = 2**22, before: bool = False
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yields the rows of all pairs (earlier, later) within the segments, in portions.

    All pairs with the same earlier user, or with the same later user if ``before``, are in one portion, so that
    distinct pairs of users can be counted portion by portion, without a set of all pairs. Pairs are in the order of
    these users, and then of their rows.

    Args:
        user: User of each row, ``[E]``.
        ptr: Boundaries of the segments, ``[N + 1]``.
        event: Rows to take as the earlier one of a pair, ``[R]``.
        chunk: Pairs in a portion; a user with more pairs is a portion alone.
        before: Whether to take the rows ``event`` as the later one of a pair instead.
    """
    event = event[torch.argsort(user[event], stable=True)]
    segment = segment_ids(ptr)[event]
    start, stop = (ptr[segment], event) if before else (event + 1, ptr[segment + 1])
    _, count = torch.unique_consecutive(user[event], return_counts=True)
    bounds = segment_ptr(count)
    for part in portions(segment_ptr(stop - start)[bounds].diff(), chunk):
        rows = slice(int(bounds[part.start]), int(bounds[part.stop]))
        other, other_ptr = expand_ranges(start[rows], stop[rows])
        own = event[rows][segment_ids(other_ptr)]
        yield (other, own) if before else (own, other)


def ordered_pairs(ptr: Tensor, chunk: int = 2**21) -> Iterator[tuple[Tensor, Tensor]]:
    """Yields the rows of all pairs (earlier, later) within the segments, in portions of about ``chunk`` pairs.

    Pairs are formed by the distance between their rows, so that no index of all pairs is needed. The number of pairs
    grows with the square of the longest segment, so callers should limit it.
    """
    position = segment_positions(ptr)
    later = torch.arange(position.numel(), device=ptr.device)
    longest = int(ptr.diff().max()) if ptr.numel() > 1 else 0
    portion: list[Tensor] = []
    size = 0
    for lag in range(1, longest):
        later = later[position[later] >= lag]
        portion.append(torch.stack([later - lag, later]))
        size += later.numel()
        if size > chunk or lag == longest - 1:
            pairs = torch.cat(portion, dim=1)
            yield pairs[0], pairs[1]
            portion, size = [], 0
