from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from rich.progress import Progress

from graphcascade.data.cascades.fingerprints import hash_ids
from graphcascade.io.coded_ids import CodedIds
from graphcascade.io.frame_events import EventRows
from graphcascade.io.growing_ids import GrowingIds

if TYPE_CHECKING:
    import pyarrow

__all__ = ["EventPartitions", "coded_column", "each_partition"]

IntArray = npt.NDArray[np.int64]


class EventPartitions:
    """Rows of a log on the disk, divided by a hash of their cascades: each partition has whole cascades.

    A partition is a table of Arrow with the columns ``line``, ``time``, ``user``, ``cascade``, and, if the log has
    them, ``parent`` and ``item``. ``user`` and ``parent`` are places of
    :class:`~graphcascade.io.growing_ids.GrowingIds`, -1 for no parent.

    Args:
        folder: Folder to create.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.has_cascades = False
        self.has_parents = False
        self._users = GrowingIds(folder / "users")
        self._writers: list[Any] = []
        self._open_files = ExitStack()

    def add(self, rows: EventRows, line: IntArray, num_partitions: int) -> None:
        """Adds valid rows.

        Args:
            rows: The rows.
            line: Numbers of their lines.
            num_partitions: Number of partitions, which the first call decides.
        """
        import pyarrow

        if not self._writers:
            self.has_cascades, self.has_parents = rows.cascade is not rows.item, rows.parent is not None
            self._open(num_partitions)
        number, names = rows.cascade.number()
        partition = (hash_ids(names) % len(self._writers)).astype(np.int16)[number]
        order = np.argsort(partition, kind="stable")

        def texts(names: npt.NDArray[np.object_], number: IntArray) -> pyarrow.Array:
            return pyarrow.array(names, pyarrow.large_string()).take(pyarrow.array(number[order]))

        user = self._places(*rows.user.number())
        arrays: dict[str, Any] = {"line": line[order], "user": user[order], "time": rows.time[order]}
        if rows.parent is not None:
            arrays["parent"] = self._places(*pd.factorize(rows.parent))[order]
        arrays["cascade"] = texts(names, number)
        if self.has_cascades:
            arrays["item"] = texts(rows.item.text, rows.item.code)
        batch = pyarrow.record_batch(arrays)
        limits = np.concatenate([[0], np.cumsum(np.bincount(partition, minlength=len(self._writers)))]).tolist()
        for writer, begin, end in zip(self._writers, limits[:-1], limits[1:], strict=True):
            if end > begin:
                writer.write_batch(batch.slice(begin, end - begin))

    def close(self) -> None:
        """Closes the files; no more rows can be added."""
        self._open_files.close()

    def finish_users(self) -> tuple[pyarrow.Array, npt.NDArray[np.int32]]:
        """Returns the different ids of users and parents, and the number of each place among them."""
        return self._users.finish()

    def __len__(self) -> int:
        return len(self._writers)

    def read(self, number: int) -> pyarrow.Table:
        """Returns the rows of a partition, in the order of the file."""
        import pyarrow

        with pyarrow.OSFile(str(self._path(number))) as source, pyarrow.ipc.open_stream(source) as stream:
            return stream.read_all()

    def remove(self, number: int) -> None:
        """Removes the file of a partition."""
        self._path(number).unlink()

    def remove_all(self) -> None:
        """Removes the folder."""
        self.close()
        shutil.rmtree(self.folder)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number}.arrows"

    def _open(self, num_partitions: int) -> None:
        import pyarrow

        fields = [("line", pyarrow.int64()), ("user", pyarrow.int64()), ("time", pyarrow.float64())]
        fields += [("parent", pyarrow.int64())] if self.has_parents else []
        fields += [("cascade", pyarrow.large_string())]
        fields += [("item", pyarrow.large_string())] if self.has_cascades else []
        schema = pyarrow.schema(fields)
        self._writers = [
            self._open_files.enter_context(pyarrow.ipc.new_stream(self._path(number), schema))
            for number in range(num_partitions)
        ]

    def _places(self, code: IntArray, names: npt.NDArray[np.object_]) -> IntArray:
        """Returns places of users; -1 where there is none.

        Args:
            code: Place of each row's user in ``names``, -1 for none.
            names: Different ids.
        """
        return np.where(code < 0, -1, code + self._users.add(names))


def coded_column(table: pyarrow.Table, name: str) -> CodedIds:
    """Returns a column of texts of a partition as ids."""
    encoded = table[name].combine_chunks().dictionary_encode()
    names = encoded.dictionary.to_numpy(zero_copy_only=False)
    return CodedIds(encoded.indices.to_numpy().astype(np.int64), names)


def each_partition(partitions: EventPartitions, progress: Progress) -> Iterator[tuple[int, pyarrow.Table]]:
    """Yields the number and the rows of each partition that has some, and shows the progress."""
    task = progress.add_task("sorting", total=len(partitions))
    for number in range(len(partitions)):
        table = partitions.read(number)
        if len(table):
            yield number, table
        progress.advance(task)
    progress.remove_task(task)
