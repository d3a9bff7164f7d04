"""Preparation of logs that may be larger than the memory.

The log is read in portions. Each portion is checked as a table in memory is, and its valid rows are divided among
partitions on the disk by a hash of the cascade. Each partition, which has whole cascades, is then ordered and repaired
in memory as a table is. In the end, the cascades of all partitions are written in the order in which they appear in the
log.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from rich.console import Console
from rich.progress import Progress

from graphcascade.data import CascadeDataset
from graphcascade.errors import DataError, MissingFileError, UsageError
from graphcascade.io.cascade_writer import CascadeWriter
from graphcascade.io.event_partitions import EventPartitions, coded_column, each_partition
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
from graphcascade.options import TableReadOptions
from graphcascade.options.table_read_options import OnError

__all__ = ["prepare_cascades"]

ROWS = 2**18  # read at once
PARTITION = 2**21  # rows of a partition, about
MAX_PARTITIONS = 512
BYTES_PER_ROW = 24  # of a text file, at least; it gives the number of partitions
PACKED_FACTOR = 6  # by which a compressed file grows, at most

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
        self._start()

    def _start(self) -> None:
        """Begins to read the log from its first row."""
        self.invalid = InvalidRows(self.path, row_name(self.format))
        self.partitions = EventPartitions(self.folder / "partitions")
        self.unit: str | None = None
        self.num_rows = 0
        self.absent: dict[str, DataError] = {}  # columns that a portion lacks
        self.found: set[str] = set()

    def run(self) -> dict[str, Any]:
        """Writes all arrays, and returns the plain values of the data."""
        while True:
            with closing(self.partitions):
                self._read()
            missing = self.absent.keys() - self.found
            if missing and not self._new_columns:
                raise self.absent[min(missing)]
            users, user_number = self.partitions.finish_users()
            known = users.to_pylist() if self.partitions.has_parents else ()
            if not self._new_columns and not self.form.settle(self.time_unit, known):
                break
            if not self.path.is_file():
                raise UsageError(
                    f"{self.path}: a pipe can be read only once, and rows that came later show that the first ones are "
                    "to be read in another way; save it as a file first."
                )
            self.partitions.remove_all()
            self._start()
        valid = self._find_conflicts() if self.partitions.has_cascades else {}
        counts = settle_invalid_rows([self.invalid], self.options)
        if self.num_rows == 0:
            raise self.invalid.error(None) if self.invalid else no_events(str(self.path))
        row_name = self.invalid.row_name
        writer = CascadeWriter(
            self.folder,
            self.partitions,
            users,
            user_number,
            lambda line: f"{self.path}, {row_name} {line}",
            self.progress,
        )
        are_dates = self.unit is not None and self.time_unit is None
        return writer.write(valid, counts, self.unit, are_dates, file_stem(self.path))

    def _read(self) -> None:
        """Reads the log once, and adds its valid rows to the partitions."""
        names = self.names
        columns = [str(names["user"]), str(names["item"]), str(names["time"])]
        all_columns = [*columns, names["cascade"] or "cascade", names["parent"] or "parent"]
        example = '{"user": ..., ...}'
        frames = read_portions(
            self.path, self.format, all_columns, "event", example, columns, self.invalid, self.options, rows=ROWS
        )
        known = dict(self.frame_columns)
        task = self.progress.add_task("reading", total=self._estimate_rows())
        num_partitions = 1
        for number, frame in enumerate(frames):
            self.frame_columns |= dict.fromkeys(frame.columns)
            if number == 0 and not frame.empty:
                num_partitions = min(max(1, -(-self._estimate_rows() // PARTITION)), MAX_PARTITIONS)
            if not known:
                known = dict(self.frame_columns)
            elif self.format == "jsonl":
                frame = frame.reindex(columns=list(known))
            rows = self._convert(frame, report=number == 0)
            if rows is not None:
                self.partitions.add(*rows, num_partitions)
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
        valid = self.invalid.valid()
        if valid.all():
            return rows, self.invalid.lines
        return (rows.select(valid), self.invalid.lines[valid]) if valid.any() else None

    def _find_conflicts(self) -> dict[int, npt.NDArray[np.bool_]]:
        """Finds cascades with two items; returns masks of the valid rows of the partitions that have some."""
        valid = {}
        for number, table in each_partition(self.partitions, self.progress):
            cascade, item = (coded_column(table, name) for name in ("cascade", "item"))
            self.invalid.lines = table["line"].to_numpy()
            rows = EventRows(item, cascade, item, np.zeros(0), None)
            add_conflicting_items(rows, self.invalid, str(self.names["item"]))
            mask = self.invalid.valid()
            if not mask.all():
                valid[number] = mask
            self.invalid.end_portion(self.options.errors_out is not None, counted=True)
        return valid
