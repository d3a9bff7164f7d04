from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["CodedIds"]


@dataclass(frozen=True, eq=False)
class CodedIds:
    """A column of ids as numbers of texts, since an id often occurs many times.

    Args:
        code: Place of each row's id in ``text``, ``[E]`` int64.
        text: Ids, ``[D]`` strings. Some may be equal, or be no row's.
        numbered: Whether ``text`` has the different ids of the rows in the order in which they appear.
    """

    code: npt.NDArray[np.int64]
    text: npt.NDArray[np.object_]
    numbered: bool = False

    def __len__(self) -> int:
        return len(self.code)

    def __getitem__(self, row: int) -> Any:
        return self.text[self.code[row]]

    def select(self, rows: npt.NDArray[Any]) -> CodedIds:
        """Returns some rows, by a mask or by their numbers."""
        return CodedIds(self.code[rows], self.text)

    def to_array(self) -> npt.NDArray[np.object_]:
        """Returns the id of each row, ``[E]`` strings."""
        return self.text[self.code]

    def number(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]:
        """Returns the number ``[E]`` of each row's id among the different ids ``[K]`` of the rows, which are in the
        order in which they appear."""
        if self.numbered:
            return self.code, self.text
        place, used = pd.factorize(self.code)
        number, different = pd.factorize(self.text[used])
        return number[place].astype(np.int64), np.asarray(different, dtype=object)
