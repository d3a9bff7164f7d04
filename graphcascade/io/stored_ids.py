from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

__all__ = ["StoredIds", "map_array", "write_ids"]

Ids = npt.NDArray[np.object_]


class StoredIds:
    """Ids that stay in files: ``ids[rows]`` reads those of some rows, as with an array of strings.

    Args:
        folder: Folder of the files.
        name: Name of the files without their endings; see :func:`write_ids`.

    Raises:
        ValueError: The files do not hold ids.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._text = map_array(folder / f"{name}.npy")
        self._end = map_array(folder / f"{name}_end.npy")
        ends = self._end
        if self._text.dtype != np.uint8 or ends.dtype != np.int64 or ends.shape[:1] < (1,) or ends[0] != 0:
            raise ValueError(f"{name!r} does not hold ids")
        if ends[-1] != self._text.size or bool((ends[1:] < ends[:-1]).any()):
            raise ValueError(f"{name!r} has no valid limits of ids")

    def __len__(self) -> int:
        return len(self._end) - 1

    @property
    def size(self) -> int:
        return len(self)

    @property
    def shape(self) -> tuple[int]:
        return (len(self),)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(object)

    def __getitem__(self, rows: Any) -> Any:
        if isinstance(rows, int | np.integer):
            return self._read([range(len(self))[rows]])[0]
        if isinstance(rows, slice):
            return self._read(range(len(self))[rows])
        index = np.asarray(rows)
        if index.dtype == bool:
            index = np.flatnonzero(index)
        index = np.where(index < 0, index + len(self), index)
        unique, place = np.unique(index, return_inverse=True)
        return self._read(unique.tolist())[place.reshape(index.shape)]

    def __iter__(self) -> Iterator[str]:
        return iter(self[:])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Ids:
        return cast(Ids, self[:])

    def tolist(self) -> list[str]:
        return [str(name) for name in self[:]]

    def _read(self, rows: Iterable[int]) -> Ids:
        if isinstance(rows, range) and rows.step == 1 and len(rows):
            first = int(self._end[rows.start])
            text = self._text[first : int(self._end[rows.stop])].tobytes()
            limits = (self._end[rows.start : rows.stop + 1] - first).tolist()
            found = [_decode(text[a:b]) for a, b in pairwise(limits)]
        else:
            found = [_decode(self._text[self._end[row] : self._end[row + 1]].tobytes()) for row in rows]
        ids = np.empty(len(found), dtype=object)
        ids[:] = found
        return ids


def map_array(path: Path) -> npt.NDArray[Any]:
    """Maps the array of a file of NumPy into memory. Changes in place do not change the file."""
    try:
        return cast(npt.NDArray[Any], np.load(path, mmap_mode="c", allow_pickle=False))
    except ValueError:  # an empty array cannot be mapped
        return cast(npt.NDArray[Any], np.load(path, allow_pickle=False))


def write_ids(folder: Path, name: str, ids: Iterable[str]) -> None:
    """Writes ids as two arrays: the UTF-8 of all (``name.npy``), and where that of each ends (``name_end.npy``)."""
    encoded = [text.encode("utf-8", "surrogatepass") for text in ids]
    end = np.zeros(len(encoded) + 1, dtype=np.int64)
    np.cumsum(list(map(len, encoded)), out=end[1:])
    np.save(folder / f"{name}.npy", np.frombuffer(b"".join(encoded), dtype=np.uint8), allow_pickle=False)
    np.save(folder / f"{name}_end.npy", end, allow_pickle=False)


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "surrogatepass")
