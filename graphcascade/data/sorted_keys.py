from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.data.segments import expand_ranges, segment_ids

__all__ = ["contains", "find_keys", "pairs_of"]


def find_keys(sorted_keys: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Looks up keys among sorted ones.

    Args:
        sorted_keys: Keys in ascending order, ``[M]``.
        wanted: Keys to look up, of any shape.

    Returns:
        The position of each wanted key in ``sorted_keys``, int64, and whether it is present, bool, both of the shape
        of ``wanted``. The position of a key that is not present has no meaning.
    """
    if sorted_keys.numel() == 0:
        return torch.zeros_like(wanted, dtype=torch.long), torch.zeros_like(wanted, dtype=torch.bool)
    position = torch.searchsorted(sorted_keys, wanted).clamp_(max=sorted_keys.numel() - 1)
    return position, sorted_keys[position] == wanted


def contains(sorted_keys: Tensor, wanted: Tensor) -> Tensor:
    """Returns whether each of the wanted keys is among the sorted ones, bool, of the shape of ``wanted``."""
    return find_keys(sorted_keys, wanted)[1]


def pairs_of(sorted_keys: Tensor, left: Tensor, num_right: int) -> tuple[Tensor, Tensor]:
    """Finds the pairs of some left entries, such as the tweets that users retweeted.

    Args:
        sorted_keys: A key ``left * num_right + right`` of each pair, in ascending order, ``[M]``.
        left: Left entries, ``[B]`` int64.
        num_right: Number of right entries.

    Returns:
        The position in ``left`` and the right entry of each pair, both ``[P]`` int64.
    """
    first, last = (torch.searchsorted(sorted_keys, each * num_right) for each in (left, left + 1))
    index, ptr = expand_ranges(first, last)
    return segment_ids(ptr), sorted_keys[index] % num_right
