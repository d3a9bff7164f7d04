from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from graphcascade.data import CascadeDataset, check_events
from graphcascade.data.segments import segment_ids
from graphcascade.errors import UsageError
from graphcascade.io.frame_events import frame_events

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
) -> CascadeDataset:
    """Cascades from a table with one event a row.

    Args:
        frame: The table.
        user: Column of the users: texts or whole numbers, where 12, 12.0 and "12" are the same id. A name with dots,
            such as "user.id", stands for a field of a column of objects; so for the other columns.
        item: Column of what spreads.
        time: Column of the times: numbers, or dates from 1970 on, which become seconds since 1970 (UTC). Dates without
            a time zone are in UTC.
        cascade: Column that tells several cascades of one item apart. A column "cascade" is taken by itself; without
            one, an item is a cascade.
        parent: Column of the user who infected the row's user, empty for a root. A column "parent" is taken by itself,
            unless "none" is given; so for ``cascade``.
        time_unit: Unit of times that are numbers: "ns", "us", "ms", "s", "min", "h", "d".
        name: What reports call the dataset.

    Raises:
        DataError: Unknown columns, missing ids, times that are neither numbers nor dates; see
            :func:`~graphcascade.data.check_events` for the rest.
        UsageError: Something else than a DataFrame; a time unit that is not known, or one given for dates.
    """
    if not isinstance(frame, pd.DataFrame):
        raise UsageError(
            f"from_pandas needs a pandas DataFrame, not {type(frame).__name__}; pd.DataFrame(...) makes one of a dict "
            "or a list of rows."
        )
    raw, unit = frame_events(
        frame, user, item, time, cascade, parent, time_unit, "the DataFrame", np.arange(1, len(frame) + 1)
    )
    return CascadeDataset(check_events(raw, time_unit=unit, name=name))


def to_pandas(dataset: CascadeDataset) -> pd.DataFrame:
    """A table with one event a row: ``cascade`` (number), ``user``, ``item``, ``time``, and ``parent`` if known.

    The parent is the id of the user who infected the row's user, ``None`` for a root. Columns of ids have the dtype
    ``object`` in every version of pandas.
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
        # Without the dtype, pandas 3 makes a column of texts of this, where None becomes NaN.
        columns["parent"] = pd.Series(parents, dtype=object)
    return pd.DataFrame(columns)
