from __future__ import annotations

from pathlib import Path

from graphcascade.data import RawEvents
from graphcascade.io.frame_events import frame_events
from graphcascade.io.invalid_rows import InvalidRows
from graphcascade.io.lines import name_ending, require_file
from graphcascade.io.read_table import ENDINGS, read_table, row_name
from graphcascade.options import TableReadOptions

__all__ = ["ENDINGS", "read_log"]

DEFAULTS = TableReadOptions()


def read_log(
    path: str | Path,
    user: str = "user",
    item: str = "item",
    time: str = "time",
    cascade: str | None = None,
    parent: str | None = None,
    time_unit: str | None = None,
    format: str | None = None,
    options: TableReadOptions = DEFAULTS,
) -> tuple[RawEvents, str | None]:
    """Reads a log with one event a row: CSV, TSV, JSONL, Parquet or Excel.

    CSV, TSV and JSONL may be compressed (``.gz``, ``.bz2``, ``.xz``).

    Args:
        path: The file.
        user, item, time, cascade, parent, time_unit: See :func:`~graphcascade.io.from_pandas`.
        format: "csv", "tsv", "jsonl", "parquet" or "xlsx"; taken from the ending of the name if left out.
        options: Separator, encoding, sheet and form of times, and what to do with invalid rows.

    Returns:
        The events, and the unit of their times.

    Raises:
        MissingFileError: There is no such file, or pyarrow is missing for Parquet.
        DataError: The file is empty, has another format than its name says, or has an invalid row; a Parquet file has
            more than 2**31 events, or a type of column that cannot be read.
    """
    path = require_file(path)
    format = ENDINGS.get(name_ending(path), "csv") if format is None else format
    columns = [user, item, time, cascade or "cascade", parent or "parent"]
    invalid = InvalidRows(path, row_name(format))
    frame = read_table(path, format, columns, "event", '{"user": ..., ...}', [user, item, time], invalid, options)
    return frame_events(frame, user, item, time, cascade, parent, time_unit, invalid, options)
