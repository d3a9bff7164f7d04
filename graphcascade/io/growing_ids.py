from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow

__all__ = ["GrowingIds"]

PENDING = 2**20  # ids that wait to be numbered, at least


class GrowingIds:
    """Numbers ids that come in portions, without a Python object for each of them.

    Ids get a place when they are added, and a number when all have been added. In the meantime, they are numbered
    whenever as many wait as have a number, so that the time grows in proportion to the ids that are added, and the
    memory with the different ids.

    Args:
        path: File for the numbers of all places, 4 bytes each.
    """

    def __init__(self, path: Path) -> None:
        import pyarrow

        self._path = path
        self._ids = pyarrow.array([], pyarrow.large_string())
        self._pending: list[pyarrow.Array] = []
        self._num_places = self._num_pending = 0
        path.touch()

    def add(self, ids: npt.NDArray[np.object_]) -> int:
        """Adds ids, and returns the place of the first; the others have the next places."""
        import pyarrow

        first = self._num_places
        self._pending.append(pyarrow.array(ids, pyarrow.large_string()))
        self._num_places += len(ids)
        self._num_pending += len(ids)
        if self._num_pending > max(len(self._ids), PENDING):
            self._number()
        return first

    def finish(self) -> tuple[pyarrow.Array, npt.NDArray[np.int32]]:
        """Returns the different ids ``[U]`` in the order in which they were added, and the number of each place."""
        self._number()
        mapped = self._num_places > 0  # an empty file cannot be mapped
        return self._ids, np.memmap(self._path, np.int32, mode="r") if mapped else np.zeros(0, dtype=np.int32)

    def _number(self) -> None:
        import pyarrow

        coded = pyarrow.chunked_array([self._ids, *self._pending]).combine_chunks().dictionary_encode()
        with self._path.open("ab") as file:
            coded.indices.to_numpy()[len(self._ids) :].tofile(file)
        self._ids, self._pending, self._num_pending = coded.dictionary, [], 0
