"""Levels and ancestors in a hierarchy of categories, which is a forest of any depth."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["CYCLE", "find_ancestors", "find_levels"]

CYCLE = -1
"""Level of a category that is its own ancestor, or has such an ancestor."""


def find_levels(parent: Tensor) -> Tensor:
    """Returns the number of steps from each category up to its root, ``[C]`` int64; :data:`CYCLE` if there is no root.

    Args:
        parent: Parent of each category, ``[C]`` int64; -1 for a root.

    Example:
        >>> find_levels(torch.tensor([-1, 0, 1, 0]))
        tensor([0, 1, 2, 1])
    """
    level = torch.full_like(parent, CYCLE)
    level[parent < 0] = 0
    while True:  # one round for each level
        new = (level == CYCLE) & (level[parent.clamp(min=0)] != CYCLE)
        if not bool(new.any()):
            return level
        level[new] = level[parent[new]] + 1


def find_ancestors(parent: Tensor, level: Tensor) -> Tensor:
    """Returns the ancestor of each category at each level, ``[C, depth]`` int64, -1 below the category's own level.

    Args:
        parent: Parent of each category, ``[C]`` int64; -1 for a root.
        level: Level of each category, ``[C]`` int64.

    Example:
        >>> parent = torch.tensor([-1, 0, 1, 0])
        >>> find_ancestors(parent, find_levels(parent))
        tensor([[ 0, -1, -1],
                [ 0,  1, -1],
                [ 0,  1,  2],
                [ 0,  3, -1]])
    """
    depth = int(level.max()) + 1 if level.numel() else 0
    result = torch.full((parent.numel(), depth), -1)
    category = torch.arange(parent.numel())
    current = category.clone()
    for number in range(depth - 1, -1, -1):
        there = level[current] == number
        result[there, number] = current[there]
        current = torch.where(there & (number > 0), parent[current], current)
    return result
