from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["contains", "find_keys"]


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
