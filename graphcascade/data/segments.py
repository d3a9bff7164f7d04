"""Index arithmetic on flat tensors that hold one segment per cascade."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["segment_ids", "segment_positions", "segment_ptr", "select_segments"]


def segment_ptr(sizes: Tensor) -> Tensor:
    """Boundaries ``[N + 1]`` of segments with ``sizes`` ``[N]``."""
    ptr = sizes.new_zeros(sizes.numel() + 1)
    torch.cumsum(sizes, 0, out=ptr[1:])
    return ptr


def segment_ids(ptr: Tensor) -> Tensor:
    """Number of the segment that each of the ``E`` rows belongs to, ``[E]``."""
    sizes = ptr.diff()
    total = int(ptr[-1]) - int(ptr[0])
    return torch.repeat_interleave(torch.arange(sizes.numel()), sizes, output_size=total)


def segment_positions(ptr: Tensor) -> Tensor:
    """Position of each row within its segment, ``[E]``."""
    first = torch.repeat_interleave(ptr[:-1], ptr.diff(), output_size=int(ptr[-1]))
    return torch.arange(first.numel()) - first


def select_segments(ptr: Tensor, index: Tensor) -> tuple[Tensor, Tensor]:
    """Rows of the segments ``index``, in that order.

    Args:
        ptr: Boundaries ``[N + 1]`` of all segments.
        index: Segments to take, ``[B]``, each in ``[0, N)``.

    Returns:
        The rows ``[E']`` and the boundaries ``[B + 1]`` among them.
    """
    start = ptr[index]
    new_ptr = segment_ptr(ptr[index + 1] - start)
    total = int(new_ptr[-1])
    offset = torch.repeat_interleave(start - new_ptr[:-1], new_ptr.diff(), output_size=total)
    return offset + torch.arange(total), new_ptr
