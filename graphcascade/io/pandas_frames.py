from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from graphcascade.data import CascadeDataset, check_events
from graphcascade.data.segments import segment_ids
from graphcascade.errors import UsageError
from graphcascade.io.frame_events import frame_events
from graphcascade.io.invalid_rows import InvalidRows
from graphcascade.options import TableReadOptions
from graphcascade.options.table_read_options import OnError

__all__ = ["from_pandas", "to_pandas"]


def from_pandas(
    frame: pd.DataFrame,
    user: str = "user",
    item: str = "item",
    time: str = "time",
    cascade: str | None = None,
    parent: str | None = None,
    time_unit: str | None = None,
    name: str = "cascades",
    *,
    time_format: str | None = None,
    on_error: OnError = "stop",
    errors_out: str | Path | None = None,
) -> CascadeDataset:
    """Makes cascades from a table with one event a row.

    Args:
        frame: The table.
        user: Column of the users: strings or whole numbers, where 12, 12.0 and "12" are the same id. A name with dots,
            such as "user.id", stands for a field of a column of objects, as for the other columns.
        item: Column of the items that spread.
        time: Column of the times: numbers, or dates from 1970 on, which become seconds since 1970 (UTC). Dates without
            a time zone are in UTC.
        cascade: Column that separates cascades of one item. By default the column "cascade" if there is one; without
            it, each item is one cascade. "none" ignores a column "cascade".
        parent: Column of the user who infected the row's user, empty for a root. By default the column "parent" if
            there is one; "none" ignores it.
        time_unit: Unit of times that are numbers: "ns", "us", "ms", "s", "min", "h", "d".
        name: Name of the dataset in reports.
        time_format: Form of the dates, such as "day-first"; see :class:`~graphcascade.options.TableReadOptions`.
        on_error: "stop" raises an error that lists the invalid rows; "drop" leaves them out, and counts them in the
            repairs of the dataset.
        errors_out: File that all invalid rows are written to, with row, value and reason.

    Raises:
        DataError: A column is unknown, an id is missing, or a time is neither a number nor a date; see
            :func:`~graphcascade.data.check_events` for other errors.
        UsageError: ``frame`` is not a DataFrame; the time unit is unknown, or given for dates.
    """
    if not isinstance(frame, pd.DataFrame):
        reason = f"must be a DataFrame, not {type(frame).__name__}; pd.DataFrame(...) converts a dict or a list of rows"
        raise UsageError(argument="frame", reason=reason)
    options = TableReadOptions(
        time_format=time_format, on_error=on_error, errors_out=None if errors_out is None else Path(errors_out)
    )
    invalid = InvalidRows("the DataFrame", "row")
    invalid.lines = np.arange(1, len(frame) + 1)
    raw, unit = frame_events(frame, user, item, time, cascade, parent, time_unit, invalid, options)
    return CascadeDataset(check_events(raw, time_unit=unit, name=name))


def to_pandas(dataset: CascadeDataset) -> pd.DataFrame:
    """Converts a dataset to a table with one event a row.

    The columns are ``cascade`` (number), ``user``, ``item``, ``time``, and ``parent`` if parents are known. The parent
    is the id of the user who infected the row's user, ``None`` for a root. Columns of ids have the dtype ``object`` in
    every version of pandas.
    """
    table = dataset.table
    cascade = segment_ids(table.ptr)
    users = table.user_ids[table.user.numpy()]
    columns: dict[str, Any] = {
        "cascade": cascade.numpy(),
        "user": pd.Series(users, dtype=object),
        "item": pd.Series(table.item_ids[table.item[cascade].numpy()], dtype=object),
        "time": table.time.numpy(),
    }
    if table.parent is not None:
        row = (table.ptr[cascade] + table.parent).numpy()
        parents = users[row]
        parents[row == np.arange(len(row))] = None
        # Without the dtype, pandas 3 makes a column of strings, in which None becomes NaN.
        columns["parent"] = pd.Series(parents, dtype=object)
    return pd.DataFrame(columns)
