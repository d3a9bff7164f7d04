from __future__ import annotations

import numpy as np
import pandas as pd

from graphcascade.data import CascadeDataset, check_events
from graphcascade.data.segments import segment_ids
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
        user: Column of the users. Numbers and strings are the same id: 12 is "12".
        item: Column of what spreads.
        time: Column of the times: numbers, or dates, which become seconds since 1970 (UTC).
        cascade: Column that tells several cascades of one item apart. A column "cascade" is taken by itself; without
            one, an item is a cascade.
        parent: Column of the user who infected the row's user, empty for a root. A column "parent" is taken by itself,
            unless "none" is given; so for ``cascade``.
        time_unit: Unit of times that are numbers: "ns", "us", "ms", "s", "min", "h", "d".
        name: What reports call the dataset.

    Raises:
        DataError: Unknown columns, missing ids, times that are neither numbers nor dates; see
            :func:`~graphcascade.data.check_events` for the rest.
        UsageError: A time unit that is not known, or one given for dates.
    """
    raw, unit = frame_events(
        frame, user, item, time, cascade, parent, time_unit, "the DataFrame", np.arange(1, len(frame) + 1)
    )
    return CascadeDataset(check_events(raw, time_unit=unit, name=name))


def to_pandas(dataset: CascadeDataset) -> pd.DataFrame:
    """A table with one event a row: ``cascade`` (number), ``user``, ``item``, ``time``, and ``parent`` if known.

    The parent is the id of the user who infected the row's user, ``None`` for a root.
    """
    table = dataset.table
    cascade = segment_ids(table.ptr)
    users = table.user_ids[table.user.numpy()]
    columns = {
        "cascade": cascade.numpy(),
        "user": users,
        "item": table.item_ids[table.item[cascade].numpy()],
        "time": table.time.numpy(),
    }
    if table.parent is not None:
        row = (table.ptr[cascade] + table.parent).numpy()
        columns["parent"] = users[row]
        columns["parent"][row == np.arange(len(row))] = None
    return pd.DataFrame(columns)
