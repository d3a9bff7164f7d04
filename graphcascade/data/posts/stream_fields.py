"""What the fields of a :class:`~graphcascade.data.PostStream` are made of when it is constructed."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from graphcascade.data.posts.category_tree import CYCLE, find_levels
from graphcascade.errors import DataError

__all__ = ["check_levels", "count_numbers", "find_presence", "sort_field"]

Strings = npt.NDArray[np.object_]
CHECKED_ROWS = 1 << 16


def check_levels(parent: Tensor, ids: Strings, name: str) -> Tensor:
    """Returns the level of each category, ``[C]`` int64; 0 is the coarsest.

    Args:
        parent: Parent of each category, ``[C]`` int64; -1 for a root.
        ids: Ids of the categories, for messages.
        name: Name of the stream.

    Raises:
        DataError: A parent is no category; a category is its own ancestor.
    """
    count = parent.numel()
    wrong = ((parent < -1) | (parent >= count)).nonzero().view(-1)
    if wrong.numel():
        number = int(wrong[0])
        raise DataError(
            f"{name}: the parent of the category {ids[number]!r} is {int(parent[number])}, outside of 0 to "
            f"{count - 1}; a root has -1."
        )
    level = find_levels(parent)
    if bool((level == CYCLE).any()):
        number = int((level == CYCLE).nonzero()[0])
        raise DataError(
            f"{name}: the category {ids[number]!r} has no root: it is below {ids[int(parent[number])]!r}, and its "
            "ancestors form a cycle; remove one of these links."
        )
    return level


def count_numbers(numbers: Tensor) -> int:
    """Returns one more than the largest number."""
    return int(numbers.max()) + 1 if numbers.numel() else 0


def find_presence(count: int, features: Tensor | None, *fields: Strings | None) -> Tensor:
    """Returns which posts have one of the texts, or features that are not all zero if no texts are given."""
    given = [torch.from_numpy(np.asarray(field != "", dtype=bool)) for field in fields if field is not None]
    if given:
        return torch.stack(given).any(dim=0)
    if features is None:
        return torch.zeros(count, dtype=torch.bool)
    return torch.cat(
        [(rows != 0).any(dim=1) for rows in features.split(CHECKED_ROWS)] or [features.new_zeros(0).bool()]
    )


def sort_field(name: str, value: Any, order: Tensor | None, count: int) -> Any:
    """Returns the entries of a field in the order of time; without a copy if they are in this order already."""
    if len(value) != count:
        raise DataError(f"{name!r} must have {count:,} entries, one for each post; it has {len(value):,}.")
    if order is None:
        return value
    return value[order] if isinstance(value, Tensor) else value[order.numpy()]
