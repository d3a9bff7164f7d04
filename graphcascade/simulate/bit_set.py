from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["BitSet"]


class BitSet:
    """A set of integers in a table of bits.

    Args:
        size: The integers are below this number; the table has ``size / 8`` bytes.
    """

    def __init__(self, size: int) -> None:
        self.table = np.zeros(size // 8 + 1, dtype=np.uint8)

    def add(self, value: npt.NDArray[np.int64]) -> None:
        """Adds the integers in ``value``."""
        np.bitwise_or.at(self.table, value >> 3, _bit(value))

    def contains(self, value: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Returns which integers in ``value`` are in the set."""
        found: npt.NDArray[np.bool_] = (self.table.take(value >> 3) & _bit(value)) != 0
        return found


def _bit(value: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """Returns the bit of each integer in its byte of the table."""
    bit: npt.NDArray[np.uint8] = np.left_shift(1, (value & 7).astype(np.uint8), dtype=np.uint8)
    return bit
