"""Preparation of logs that may be larger than the memory.

The log is read in portions. Each portion is checked as a table in memory is, and its valid rows are divided among
partitions on the disk by a hash of the cascade. Each partition, which has whole cascades, is then ordered and repaired
in memory as a table is. In the end, the cascades of all partitions are written in the order in which they appear in the
log.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from rich.console import Console
from rich.progress import Progress

from graphcascade.data import CascadeDataset, CascadeTable, Repairs
from graphcascade.data.cascades.check import log_implausible, log_repairs, no_earlier_parent
from graphcascade.data.cascades.fingerprints import cascade_hashes, hash_ids, number_equal
from graphcascade.data.cascades.implausible_times import find_implausible_times
from graphcascade.data.cascades.order_events import order_events
from graphcascade.data.segments import expand_ranges, portions
from graphcascade.errors import DataError, MissingFileError, UsageError
from graphcascade.io.coded_ids import CodedIds
from graphcascade.io.frame_events import (
    EventForm,
    EventRows,
    add_conflicting_items,
    convert_rows,
    event_columns,
    no_events,
    report_unread,
)
from graphcascade.io.invalid_rows import InvalidRows, settle_invalid_rows
from graphcascade.io.lines import PACKED, file_stem, require_file
from graphcascade.io.prepared_folder import (
    check_prepared_folder,
    file_digest,
    new_prepared_folder,
    open_prepared,
    write_arrays,
    write_metadata,
)
from graphcascade.io.read import INTERACTIONS_COLUMNS, LOG_FORMATS, guess_format, read_cascades
from graphcascade.io.read_table import read_portions, row_name
from graphcascade.io.storage import describe_table
from graphcascade.io.stored_ids import write_ids
from graphcascade.options import TableReadOptions
from graphcascade.options.table_read_options import OnError

if TYPE_CHECKING:
    import pyarrow

__all__ = ["prepare_cascades"]

ROWS = 2**18  # read at once
PARTITION = 2**21  # rows of a partition, about
MAX_PARTITIONS = 512
BYTES_PER_ROW = 24  # of a text file, at least; it gives the number of partitions
PACKED_FACTOR = 6  # by which a compressed file grows, at most
BLOCK = 2**20  # events that are written at once

IntArray = npt.NDArray[np.int64]


def prepare_cascades(
    path: str | Path,
    folder: str | Path,
    format: str | None = None,
    time_unit: str | None = None,
    *,
    sep: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    time_format: str | None = None,
    on_error: OnError = "stop",
    errors_out: str | Path | None = None,
    overwrite: bool = False,
    progress: bool = False,
    **columns: Any,
) -> CascadeDataset:
    """Reads and checks a log once, and keeps it as a folder that opens at once.

    CSV, TSV, JSONL and Parquet are read in portions, so that they may be larger than the memory. Memory grows with the
    numbers of users and of cascades (about 600 bytes for one of both), and with the longest cascade, which must fit in
    memory; it does not grow with the number of events. Files of other formats are read as a
    whole. The dataset is the same as that of :func:`~graphcascade.io.read_cascades`.

    Args:
        path, format, time_unit, sep, encoding, sheet, time_format, on_error, errors_out, columns: See
            :func:`~graphcascade.io.read_cascades`.
        folder: Folder to write, completely or not at all. While it is written, a temporary folder beside it takes about
            three times its size.
        overwrite: Whether to replace a folder that has prepared cascades.
        progress: Show progress, on terminals.

    Returns:
        The cascades of the folder, mapped into memory; :func:`~graphcascade.io.read_cascades` of the folder returns the
        same.

    Raises:
        MissingFileError: There is no such file, or pyarrow is missing.
        StorageError: The folder exists already, or has other files in it; the disk is full.
        DataError, UsageError, UnknownNameError: See :func:`~graphcascade.io.read_cascades`.
    """
    path = require_file(path)
    check_prepared_folder(folder, overwrite=overwrite)
    format = guess_format(path, encoding) if format is None else format
    options = TableReadOptions(
        sep, encoding, sheet, time_format, on_error, None if errors_out is None else Path(errors_out)
    )
    if format == "interactions":
        columns = INTERACTIONS_COLUMNS | {name: column for name, column in columns.items() if column != name}
    with new_prepared_folder(folder, overwrite=overwrite) as temporary:
        if format in LOG_FORMATS:
            names = {"user": "user", "item": "item", "time": "time", "cascade": None, "parent": None, **columns}
            kind = "csv" if format == "interactions" else format
            console = Console(stderr=True)
            hidden = not (progress and console.is_terminal)
            with Progress(console=console, disable=hidden, transient=True) as bars:
                about = _Preparation(path, kind, names, time_unit, options, temporary, bars).run()
        else:
            reading: dict[str, Any] = {**vars(options), **columns}
            table = read_cascades(path, format, time_unit=time_unit, **reading).table
            write_arrays(table, temporary)
            about = describe_table(table)[1]
        source = {"path": str(path), "format": format}
        if path.is_file():
            source |= {"size": path.stat().st_size, "sha256": file_digest(path)}  # type: ignore[dict-item]
        write_metadata(temporary, about, source)
    return open_prepared(folder)


class _Preparation:
    """The preparation of one log; see the description of this module."""

    def __init__(
        self,
        path: Path,
        format: str,
        names: Mapping[str, str | None],
        time_unit: str | None,
        options: TableReadOptions,
        folder: Path,
        progress: Progress,
    ) -> None:
        try:
            import pyarrow  # noqa: F401
        except ImportError:
            raise MissingFileError(
                f"{path}: preparing a log needs pyarrow: pip install 'graphcascade[parquet]'."
            ) from None
        self.path, self.format, self.names, self.time_unit = path, format, names, time_unit
        self.options, self.folder, self.progress = options, folder, progress
        self.form = EventForm()
        self.frame_columns: dict[str, None] = {}  # names of all columns, which are found row by row in JSONL
        self.num_partitions = 1
        self._start()

    def _start(self) -> None:
        """Begins to read the log from its first row."""
        self.invalid = InvalidRows(self.path, row_name(self.format))
        self.user_number: dict[str, int] = {}  # of users and of their parents
        self.unit: str | None = None
        self.num_rows = 0
        self.absent: dict[str, DataError] = {}  # columns that a portion lacks
        self.found: set[str] = set()
        self.has_cascades = self.has_parents = False

    def run(self) -> dict[str, Any]:
        """Writes all arrays, and returns the plain values of the data."""
        spill = self.folder / "partitions"
        while True:
            spill.mkdir()
            self._read(spill)
            missing = self.absent.keys() - self.found
            if missing and not self._new_columns:
                raise self.absent[min(missing)]
            if not self._new_columns and not self.form.settle(self.time_unit, self.user_number):
                break
            if not self.path.is_file():
                raise UsageError(
                    f"{self.path}: a pipe can be read only once, and rows that came later show that the first ones are "
                    "to be read in another way; save it as a file first."
                )
            shutil.rmtree(spill)
            self._start()
        conflicts = self._find_conflicts(spill) if self.has_cascades else {}
        counts = settle_invalid_rows([self.invalid], self.options)
        if self.num_rows == 0:
            raise self.invalid.error(None) if self.invalid else no_events(str(self.path))
        return self._order(spill, conflicts, counts)

    # Reading ------------------------------------------------------------------------------------------------------

    def _read(self, spill: Path) -> None:
        names = self.names
        columns = [str(names["user"]), str(names["item"]), str(names["time"])]
        all_columns = [*columns, names["cascade"] or "cascade", names["parent"] or "parent"]
        example = '{"user": ..., ...}'
        frames = read_portions(
            self.path, self.format, all_columns, "event", example, columns, self.invalid, self.options, rows=ROWS
        )
        known = dict(self.frame_columns)
        task = self.progress.add_task("reading", total=self._estimate_rows())
        with ExitStack() as stack:
            writers: list[Any] = []
            for number, frame in enumerate(frames):
                self.frame_columns |= dict.fromkeys(frame.columns)
                if number == 0 and not frame.empty:
                    self.num_partitions = min(max(1, -(-self._estimate_rows() // PARTITION)), MAX_PARTITIONS)
                if not known:
                    known = dict(self.frame_columns)
                elif self.format == "jsonl":
                    frame = frame.reindex(columns=list(known))
                rows = self._convert(frame, report=number == 0)
                if rows is not None:
                    if not writers:
                        writers = self._open_partitions(spill, stack)
                    self._divide(rows, writers)
                self.invalid.end_portion(self.options.errors_out is not None)
                self.num_rows += len(frame)
                self.progress.update(task, completed=self.num_rows)
        self._new_columns = bool(self._read_names(self.frame_columns) - self._read_names(known))
        self.progress.remove_task(task)

    def _estimate_rows(self) -> int:
        """Returns about how many rows the log has, or more."""
        if self.format == "parquet":
            from pyarrow import parquet

            return int(parquet.read_metadata(self.path).num_rows)
        factor = PACKED_FACTOR if self.path.suffix.lower() in PACKED else 1
        return self.path.stat().st_size * factor // BYTES_PER_ROW

    def _read_names(self, columns: Mapping[str, None]) -> set[str]:
        """Returns the names of columns that may be read."""
        names = [name or default for default, name in self.names.items()]
        return {part for name in names for part in (name, name.partition(".")[0])} & columns.keys()

    def _convert(self, frame: pd.DataFrame, report: bool) -> tuple[EventRows, IntArray] | None:
        """Returns the valid rows of a portion and their lines, or ``None`` if there are none."""
        if frame.empty and (self.invalid or not report):
            return None
        # A field of an object may be missing in all rows of a portion.
        may_be_absent = self.format == "jsonl" or any("." in str(name) for name in self.names.values())
        absent: dict[str, DataError] | None = {} if may_be_absent else None
        columns = event_columns(frame, self.names, self.invalid, self.time_unit, self.options, absent)
        self.absent |= absent or {}
        self.found |= columns.keys() - (absent or {}).keys()
        if report:
            report_unread(frame, self.names, str(self.path))
        if frame.empty:
            raise no_events(str(self.path))
        rows, self.unit = convert_rows(columns, self.time_unit, self.invalid, self.options, self.form)
        self.has_cascades, self.has_parents = rows.cascade is not rows.item, rows.parent is not None
        valid = self.invalid.valid()
        rows, line = rows.select(valid), self.invalid.lines[valid]
        return (rows, line) if len(line) else None

    # Partitions ---------------------------------------------------------------------------------------------------

    def _open_partitions(self, spill: Path, stack: ExitStack) -> list[Any]:
        """Opens a file for each partition."""
        import pyarrow

        fields = [("line", pyarrow.int64()), ("user", pyarrow.int64()), ("time", pyarrow.float64())]
        fields += [("parent", pyarrow.int64())] if self.has_parents else []
        fields += [("cascade", pyarrow.large_string())]
        fields += [("item", pyarrow.large_string())] if self.has_cascades else []
        schema = pyarrow.schema(fields)
        return [
            stack.enter_context(pyarrow.ipc.new_stream(spill / f"{number}.arrows", schema))
            for number in range(self.num_partitions)
        ]

    def _divide(self, portion: tuple[EventRows, IntArray], writers: list[Any]) -> None:
        """Writes valid rows to the partitions of their cascades."""
        import pyarrow

        rows, line = portion
        number, names = rows.cascade.number()
        partition = (hash_ids(names) % len(writers)).astype(np.int16)[number]
        order = np.argsort(partition, kind="stable")

        def texts(names: npt.NDArray[np.object_], number: IntArray) -> pyarrow.Array:
            return pyarrow.array(names, pyarrow.large_string()).take(pyarrow.array(number[order]))

        user = self._number(*rows.user.number())
        arrays: dict[str, Any] = {"line": line[order], "user": user[order], "time": rows.time[order]}
        if rows.parent is not None:
            arrays["parent"] = self._number(*pd.factorize(rows.parent))[order]
        arrays["cascade"] = texts(names, number)
        if self.has_cascades:
            arrays["item"] = texts(rows.item.text, rows.item.code)
        batch = pyarrow.record_batch(arrays)
        limits = np.concatenate([[0], np.cumsum(np.bincount(partition, minlength=len(writers)))]).tolist()
        for writer, begin, end in zip(writers, limits[:-1], limits[1:], strict=True):
            if end > begin:
                writer.write_batch(batch.slice(begin, end - begin))

    def _number(self, code: IntArray, names: npt.NDArray[np.object_]) -> IntArray:
        """Returns numbers of users, in the order in which they appear; -1 where there is none.

        Args:
            code: Place of each row's user in ``names``, -1 for none.
            names: Different ids.
        """
        known = self.user_number
        number = [known.setdefault(name, len(known)) for name in names]
        return np.array([*number, -1], dtype=np.int64)[code]

    def _partitions(self, spill: Path) -> Iterator[tuple[int, pyarrow.Table]]:
        """Yields the rows of each partition, in the order of the file."""
        import pyarrow

        task = self.progress.add_task("sorting", total=self.num_partitions)
        for number in range(self.num_partitions):
            path = spill / f"{number}.arrows"
            if path.exists():
                with pyarrow.OSFile(str(path)) as source, pyarrow.ipc.open_stream(source) as stream:
                    table = stream.read_all()
                if len(table):
                    yield number, table
            self.progress.advance(task)
        self.progress.remove_task(task)

    def _find_conflicts(self, spill: Path) -> dict[int, npt.NDArray[np.bool_]]:
        """Finds cascades with two items; returns masks of the valid rows of the partitions that have some."""
        valid = {}
        for number, table in self._partitions(spill):
            cascade, item = (_coded(table, name) for name in ("cascade", "item"))
            self.invalid.lines = table["line"].to_numpy()
            rows = EventRows(item, cascade, item, np.zeros(0), None)
            add_conflicting_items(rows, self.invalid, str(self.names["item"]))
            mask = self.invalid.valid()
            if not mask.all():
                valid[number] = mask
            self.invalid.end_portion(self.options.errors_out is not None, counted=True)
        return valid

    # Cascades -----------------------------------------------------------------------------------------------------

    def _order(
        self, spill: Path, valid: Mapping[int, npt.NDArray[np.bool_]], counts: Mapping[str, int]
    ) -> dict[str, Any]:
        """Orders and repairs the events of all partitions, and writes the arrays."""
        import pyarrow

        names = np.array(list(self.user_number), dtype=object)
        self.user_number = {}
        first_line = np.full(len(names), np.iinfo(np.int64).max)  # of each user
        begins, sizes, labels, items = [], [], [], []  # of the cascades of each partition
        repairs: Counter[str] = Counter()
        implausible: list[tuple[int, float, str, int]] = []
        num_events = 0
        keys = ("user", "time", *(("parent",) if self.has_parents else ()))
        with ExitStack() as stack:
            files = {key: stack.enter_context((spill / key).open("wb")) for key in keys}
            for number, table in self._partitions(spill):
                if number in valid:
                    table = table.filter(pyarrow.array(valid[number]))
                    if len(table) == 0:
                        continue
                num_events += len(table)
                line, user, time = (table[key].to_numpy() for key in ("line", "user", "time"))
                parent = table["parent"].to_numpy() if self.has_parents else None
                encoded = table["cascade"].combine_chunks().dictionary_encode()
                cascade = encoded.indices.to_numpy().astype(np.int64)
                begin = np.empty(len(encoded.dictionary), dtype=np.int64)
                begin[cascade[::-1]] = np.arange(len(cascade))[::-1]  # first row of each cascade

                def parent_error(event: int, line: Any = line, user: Any = user, parent: Any = parent) -> DataError:
                    where = f"{self.path}, {self.invalid.row_name} {line[event]}"
                    return no_earlier_parent(where, names[user[event]], names[parent[event]])

                events = order_events(cascade, user, time, parent, len(begin), parent_error)
                found = find_implausible_times(time, self.unit, True)
                if found is not None:
                    row = int(found[0][0])
                    implausible.append((int(line[row]), float(time[row]), found[1], len(found[0])))
                earliest = np.full(len(names), np.iinfo(np.int64).max)
                earliest[user[::-1]] = line[::-1]
                np.minimum(first_line, earliest, out=first_line)
                begins.append(line[begin])
                sizes.append(np.diff(events.ptr))
                labels.append(encoded.dictionary)
                if self.has_cascades:
                    items.append(table["item"].combine_chunks().take(pyarrow.array(begin)))
                for key in ("reordered_cascades", "repeated_users", "untimed_sources"):
                    repairs[key] += getattr(events, key)
                for key, file in files.items():
                    getattr(events, key).tofile(file)
                (spill / f"{number}.arrows").unlink()
        name = file_stem(self.path)
        if implausible:
            line_number, moment, problem, _ = min(implausible)
            where = f"{self.path}, {self.invalid.row_name} {line_number}"
            log_implausible(where, moment, self.unit, problem, sum(count for *_, count in implausible))
        all_repairs = Repairs(**repairs, invalid_rows=dict(counts))
        log_repairs(all_repairs, num_events, name)
        present = np.argsort(first_line, kind="stable")[: int((first_line < np.iinfo(np.int64).max).sum())]
        user_number = np.full(len(names), -1, dtype=np.int64)
        user_number[present] = np.arange(len(present))
        order = np.argsort(np.concatenate(begins), kind="stable")
        shown = pyarrow.chunked_array(items or labels).combine_chunks().take(pyarrow.array(order))
        about = CascadeTable(
            user=torch.empty(0, dtype=torch.long),
            time=torch.empty(0, dtype=torch.double),
            ptr=torch.zeros(1, dtype=torch.long),
            item=torch.empty(0, dtype=torch.long),
            user_ids=names[present],
            item_ids=np.empty(0, dtype=object),
            time_unit=self.unit,
            times_are_dates=self.unit is not None and self.time_unit is None,
            repairs=all_repairs,
            name=name,
        )
        self._write(spill, keys, np.concatenate(sizes), order, user_number, about)
        write_ids(self.folder, "user_ids", about.user_ids)
        if items:
            coded = shown.dictionary_encode()
            np.save(self.folder / "item.npy", coded.indices.to_numpy().astype(np.int64))
            shown = coded.dictionary
        else:
            np.save(self.folder / "item.npy", np.arange(len(order)))
        _write_strings(self.folder, "item_ids", shown)
        shutil.rmtree(spill)
        return describe_table(about)[1]

    def _write(
        self,
        spill: Path,
        keys: tuple[str, ...],
        size: IntArray,
        order: IntArray,
        user_number: IntArray,
        about: CascadeTable,
    ) -> None:
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
            files = {key: stack.enter_context((self.folder / f"{key}.npy").open("wb")) for key in keys}
            for key, file in files.items():
                header = {"descr": np.dtype(types[key]).str, "fortran_order": False, "shape": (int(ptr[-1]),)}
                np.lib.format.write_array_header_1_0(file, header)  # type: ignore[no-untyped-call]
            for part in portions(torch.from_numpy(size), BLOCK):
                rows, limits = expand_ranges(*(torch.from_numpy(at[part]) for at in (first, first + size)))
                # A new mapping in each block, so that its pages do not stay in memory.
                block = {key: np.memmap(spill / key, types[key], mode="r")[rows.numpy()] for key in keys}
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


def _coded(table: pyarrow.Table, name: str) -> CodedIds:
    encoded = table[name].combine_chunks().dictionary_encode()
    names = encoded.dictionary.to_numpy(zero_copy_only=False)
    return CodedIds(encoded.indices.to_numpy().astype(np.int64), names)


def _write_strings(folder: Path, name: str, strings: pyarrow.Array) -> None:
    """Writes ids as :func:`~graphcascade.io.stored_ids.write_ids` does, from an array of Arrow."""
    _, offset, text = strings.buffers()
    end = np.frombuffer(offset, dtype=np.int64)[strings.offset : strings.offset + len(strings) + 1]
    data = np.frombuffer(text, dtype=np.uint8)[end[0] : end[-1]] if text is not None else np.zeros(0, np.uint8)
    np.save(folder / f"{name}.npy", data)
    np.save(folder / f"{name}_end.npy", end - end[0])
