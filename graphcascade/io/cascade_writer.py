from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from rich.progress import Progress

from graphcascade.data import CascadeTable, Repairs
from graphcascade.data.cascades.check import log_implausible, log_repairs, no_earlier_parent
from graphcascade.data.cascades.fingerprints import cascade_hashes, hash_ids, number_equal
from graphcascade.data.cascades.implausible_times import find_implausible_times
from graphcascade.data.cascades.order_events import order_events
from graphcascade.data.segments import expand_ranges, portions
from graphcascade.errors import DataError
from graphcascade.io.event_partitions import EventPartitions, each_partition
from graphcascade.io.storage import describe_table

if TYPE_CHECKING:
    import pyarrow

__all__ = ["CascadeWriter"]

BLOCK = 2**20  # events that are written at once

IntArray = npt.NDArray[np.int64]


class CascadeWriter:
    """Orders and repairs the events of partitions, and writes the arrays of prepared cascades.

    Args:
        folder: Folder for the arrays.
        partitions: The events, which are removed.
        users: Different ids of users and parents, ``[U]``.
        user_number: Number of each place of the partitions among ``users``.
        where: Returns the place of a line, for messages.
        progress: Shows the progress.
    """

    def __init__(
        self,
        folder: Path,
        partitions: EventPartitions,
        users: pyarrow.Array,
        user_number: npt.NDArray[np.int32],
        where: Callable[[int], str],
        progress: Progress,
    ) -> None:
        self.folder, self.partitions, self.where, self.progress = folder, partitions, where, progress
        self.users, self.user_number = users, user_number
        self.keys = ("user", "time", *(("parent",) if partitions.has_parents else ()))

    def write(
        self,
        valid: Mapping[int, npt.NDArray[np.bool_]],
        counts: Mapping[str, int],
        time_unit: str | None,
        times_are_dates: bool,
        name: str,
    ) -> dict[str, Any]:
        """Writes all arrays, and returns the plain values of the data.

        Args:
            valid: Masks of the valid rows of the partitions that have invalid ones.
            counts: Number of invalid rows by reason.
            time_unit, times_are_dates, name: See :class:`~graphcascade.data.CascadeTable`.

        Raises:
            DataError: A parent has no earlier event in the same cascade.
        """
        import pyarrow

        partitions, names = self.partitions, self.users
        first_line = np.full(len(names), np.iinfo(np.int64).max)  # of each user
        begins, sizes, labels, items = [], [], [], []  # of the cascades of each partition
        repairs: Counter[str] = Counter()
        implausible: list[tuple[int, float, str, int]] = []
        num_events = 0
        with ExitStack() as stack:
            files = {key: stack.enter_context((partitions.folder / key).open("wb")) for key in self.keys}
            for number, table in each_partition(partitions, self.progress):
                if number in valid:
                    table = table.filter(pyarrow.array(valid[number]))
                    if len(table) == 0:
                        continue
                num_events += len(table)
                line, time = (table[key].to_numpy() for key in ("line", "time"))
                user = self._number_users(table["user"])
                parent = self._number_users(table["parent"]) if partitions.has_parents else None
                encoded = table["cascade"].combine_chunks().dictionary_encode()
                cascade = encoded.indices.to_numpy().astype(np.int64)
                begin = np.empty(len(encoded.dictionary), dtype=np.int64)
                begin[cascade[::-1]] = np.arange(len(cascade))[::-1]  # first row of each cascade

                def parent_error(event: int, line: Any = line, user: Any = user, parent: Any = parent) -> DataError:
                    names_of_both = (names[int(at[event])].as_py() for at in (user, parent))
                    return no_earlier_parent(self.where(int(line[event])), *names_of_both)

                events = order_events(cascade, user, time, parent, len(begin), parent_error)
                found = find_implausible_times(time, time_unit, True)
                if found is not None:
                    row = int(found[0][0])
                    implausible.append((int(line[row]), float(time[row]), found[1], len(found[0])))
                earliest = np.full(len(names), np.iinfo(np.int64).max)
                earliest[user[::-1]] = line[::-1]
                np.minimum(first_line, earliest, out=first_line)
                begins.append(line[begin])
                sizes.append(np.diff(events.ptr))
                labels.append(encoded.dictionary)
                if partitions.has_cascades:
                    items.append(table["item"].combine_chunks().take(pyarrow.array(begin)))
                for key in ("reordered_cascades", "repeated_users", "untimed_sources"):
                    repairs[key] += getattr(events, key)
                for key, file in files.items():
                    getattr(events, key).tofile(file)
                partitions.remove(number)
        if implausible:
            line_number, moment, problem, _ = min(implausible)
            log_implausible(
                self.where(line_number), moment, time_unit, problem, sum(count for *_, count in implausible)
            )
        all_repairs = Repairs(**repairs, invalid_rows=dict(counts))
        log_repairs(all_repairs, num_events, name)
        present = np.argsort(first_line, kind="stable")[: int((first_line < np.iinfo(np.int64).max).sum())]
        final_number = np.full(len(names), -1, dtype=np.int64)
        final_number[present] = np.arange(len(present))
        users = names.take(pyarrow.array(present))
        order = np.argsort(np.concatenate(begins), kind="stable")
        shown = pyarrow.chunked_array(items or labels).combine_chunks().take(pyarrow.array(order))
        about = CascadeTable(
            user=torch.empty(0, dtype=torch.long),
            time=torch.empty(0, dtype=torch.double),
            ptr=torch.zeros(1, dtype=torch.long),
            item=torch.empty(0, dtype=torch.long),
            user_ids=users.to_numpy(zero_copy_only=False),
            item_ids=np.empty(0, dtype=object),
            time_unit=time_unit,
            times_are_dates=times_are_dates,
            repairs=all_repairs,
            name=name,
        )
        self._write_events(np.concatenate(sizes), order, final_number, about)
        _write_strings(self.folder, "user_ids", users)
        if items:
            coded = shown.dictionary_encode()
            np.save(self.folder / "item.npy", coded.indices.to_numpy().astype(np.int64))
            shown = coded.dictionary
        else:
            np.save(self.folder / "item.npy", np.arange(len(order)))
        _write_strings(self.folder, "item_ids", shown)
        partitions.remove_all()
        return describe_table(about)[1]

    def _number_users(self, places: pyarrow.ChunkedArray) -> IntArray:
        """Returns the numbers of users by their places; -1 stays -1."""
        place = places.to_numpy()
        number = self.user_number[place].astype(np.int64)
        return np.where(place < 0, -1, number)

    def _write_events(self, size: IntArray, order: IntArray, user_number: IntArray, about: CascadeTable) -> None:
        """Writes the events of all cascades in their order, the boundaries, and the fingerprints."""
        first = np.cumsum(size) - size
        first, size = first[order], size[order]
        ptr = np.concatenate([[0], np.cumsum(size)])
        np.save(self.folder / "ptr.npy", ptr)
        hashes = np.empty(len(order), dtype=np.uint64)
        user_hash = hash_ids(about.user_ids)
        types = {"user": np.int64, "time": np.float64, "parent": np.int64}
        task = self.progress.add_task("writing", total=len(order))
        with ExitStack() as stack:
            files = {key: stack.enter_context((self.folder / f"{key}.npy").open("wb")) for key in self.keys}
            for key, file in files.items():
                header = {"descr": np.dtype(types[key]).str, "fortran_order": False, "shape": (int(ptr[-1]),)}
                np.lib.format.write_array_header_1_0(file, header)  # type: ignore[no-untyped-call]
            for part in portions(torch.from_numpy(size), BLOCK):
                rows, limits = expand_ranges(*(torch.from_numpy(at[part]) for at in (first, first + size)))
                # A new mapping in each block, so that its pages do not stay in memory.
                block = {
                    key: np.memmap(self.partitions.folder / key, types[key], mode="r")[rows.numpy()]
                    for key in self.keys
                }
                block["user"] = user_number[block["user"]]
                cascades = CascadeTable(
                    user=torch.from_numpy(block["user"]),
                    time=torch.from_numpy(block["time"]),
                    ptr=limits,
                    item=torch.zeros(len(size[part]), dtype=torch.long),
                    user_ids=about.user_ids,
                    item_ids=about.item_ids,
                    time_unit=about.time_unit,
                )
                hashes[part] = cascade_hashes(cascades, user_hash)
                for key, file in files.items():
                    block[key].tofile(file)
                self.progress.update(task, completed=part.stop)
        np.save(self.folder / "fingerprint.npy", number_equal(hashes).numpy())
        self.progress.remove_task(task)


def _write_strings(folder: Path, name: str, strings: pyarrow.Array) -> None:
    """Writes ids as :func:`~graphcascade.io.stored_ids.write_ids` does, from an array of Arrow."""
    _, offset, text = strings.buffers()
    end = np.frombuffer(offset, dtype=np.int64)[strings.offset : strings.offset + len(strings) + 1]
    data = np.frombuffer(text, dtype=np.uint8)[end[0] : end[-1]] if text is not None else np.zeros(0, np.uint8)
    np.save(folder / f"{name}.npy", data)
    np.save(folder / f"{name}_end.npy", end - end[0])
