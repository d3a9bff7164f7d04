from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Parts"]

DataT = TypeVar("DataT")


@dataclass(frozen=True, eq=False)
class Parts(Generic[DataT]):
    """The parts of a split.

    Args:
        train: Training data.
        val: Validation data, which settings and the best epoch are chosen by.
        test: Test data.
    """

    train: DataT
    val: DataT
    test: DataT
