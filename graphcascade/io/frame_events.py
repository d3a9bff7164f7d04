"""Tables of events to :class:`~graphcascade.data.RawEvents`: the one conversion of ids and times."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcascade.data import RawEvents
from graphcascade.errors import DataError, UsageError

__all__ = ["frame_events", "ids_of"]

TIME_UNITS = ("ns", "us", "ms", "s", "min", "h", "d")
Where = Callable[[int], str]  # names the place of a row
LIKELY = {
    "user": ("user_id", "userid", "uid", "node", "author", "from"),
    "item": ("topic_id", "item_id", "cascade_id", "topic", "url", "meme", "post_id", "content"),
    "time": ("timestamp", "date", "datetime", "created_at", "t", "ts"),
}


def frame_events(
    frame: pd.DataFrame,
    user: str,
    item: str,
    time: str,
    cascade: str | None,
    parent: str | None,
    time_unit: str | None,
    path: str,
    line: npt.NDArray[np.int64],
    row_name: str = "row",
) -> tuple[RawEvents, str | None]:
    """Converts a table with one event a row.

    Args:
        frame: The table.
        user, item, time: Names of the columns.
        cascade: Column that tells cascades of one item apart; "cascade" if there is such a column.
        parent: Column of the user who infected each row's user; "parent" if there is such a column.
        time_unit: Unit of times that are numbers.
        path: What messages call the table.
        line: Number of each row in it, for messages.
        row_name: What they call a row.

    Returns:
        The events, and the unit of their times: "s" for dates.

    Raises:
        DataError: Unknown columns; no rows; ids or times that are missing or of no use, with the row.
        UsageError: A time unit that is not known, or one given for dates.
    """
    if time_unit is not None and time_unit not in TIME_UNITS:
        raise UsageError(f"time_unit={time_unit!r}: use one of {', '.join(TIME_UNITS)}.")
    for argument, column in {"user": user, "item": item, "time": time, "cascade": cascade, "parent": parent}.items():
        if column is not None and column not in frame.columns:
            raise DataError(_unknown_column(frame, argument, column, path))
    if frame.empty:
        raise DataError(f"{path}: empty, there is no event in it.")
    cascade = cascade or ("cascade" if "cascade" in frame.columns and item != "cascade" else None)
    parent = parent or ("parent" if "parent" in frame.columns else None)

    def where(row: int) -> str:
        return f"{path}, {row_name} {line[row]}"

    items = ids_of(frame[item], where, "item")
    groups = items if cascade is None else ids_of(frame[cascade], where, "cascade")
    number, first = _numbered(groups)
    if cascade is not None and (items != items[first][number]).any():
        row = int(np.flatnonzero(items != items[first][number])[0])
        raise DataError(
            f"{where(row)}: cascade {groups[row]!r} has two items, {items[first][number][row]!r} and {items[row]!r}."
        )
    times, unit = _times(frame[time], time_unit, where)
    return RawEvents(
        cascade=number,
        user=ids_of(frame[user], where, "user"),
        time=times,
        item=items[first],
        path=path,
        line=line,
        row_name=row_name,
        parent=None if parent is None else _parents(frame[parent], where),
    ), unit


def ids_of(column: pd.Series, where: str | Where, what: str) -> npt.NDArray[np.object_]:
    """Ids as strings: 12 and "12" are the same, 12.0 (which tables make of 12 where others are missing) too.

    Raises:
        DataError: A missing id, or a number that is not whole.
    """
    if isinstance(where, str):
        name = where
        return ids_of(column, lambda row: f"{name}, row {row + 1}", what)
    missing = column.isna().to_numpy()
    if missing.any():
        raise DataError(f"{where(int(np.flatnonzero(missing)[0]))}: the {what} id is missing; every event needs one.")
    if pd.api.types.is_float_dtype(column.dtype):
        values = column.to_numpy(dtype=np.float64)
        broken = ~np.isfinite(values) | (values != np.floor(values))
        if broken.any():
            row = int(np.flatnonzero(broken)[0])
            raise DataError(f"{where(row)}: the {what} id {values[row]} is a number that is not whole.")
        column = column.astype("int64")
    elif column.dtype == object:
        column = column.map(_plain)
    ids: npt.NDArray[np.object_] = column.astype(str).str.strip().to_numpy(dtype=object)
    return ids


def _plain(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _numbered(groups: npt.NDArray[np.object_]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Number of each row's group in order of appearance, and the first row of each group."""
    number, labels = pd.factorize(groups)
    first = np.full(len(labels), len(groups))
    np.minimum.at(first, number, np.arange(len(groups)))
    return number.astype(np.int64), first.astype(np.int64)


def _parents(column: pd.Series, where: Where) -> npt.NDArray[np.object_]:
    root = (column.isna() | (column.astype(str).str.strip() == "")).to_numpy()
    parents = np.full(len(column), None, dtype=object)
    if not root.all():
        parents[~root] = ids_of(column[~root], where, "parent")
    return parents


def _times(
    column: pd.Series,
    time_unit: str | None,
    where: Where,
) -> tuple[npt.NDArray[np.float64], str | None]:
    if pd.api.types.is_bool_dtype(column.dtype):
        raise DataError(f"{where(0)}: the time is {column.iloc[0]!r}, which is neither a number nor a date.")
    if not pd.api.types.is_datetime64_any_dtype(column.dtype):
        numbers = pd.to_numeric(column, errors="coerce")
        # What is no number but looks like one of the missing ones is left to the checker, which names it.
        failed = numbers.isna().to_numpy() & column.notna().to_numpy() & ~_spells_nan(column)
        if not failed.all():
            if failed.any():
                row = int(np.flatnonzero(failed)[0])
                raise DataError(
                    f"{where(row)}: the time {column.iloc[row]!r} is not a number, as others in its column are."
                )
            return numbers.to_numpy(dtype=np.float64), time_unit
        column = _dates(column, where)
    if time_unit is not None:
        raise UsageError(f"time_unit={time_unit!r}: the times are dates and become seconds; leave the unit out.")
    if column.isna().any():
        raise DataError(f"{where(int(np.flatnonzero(column.isna().to_numpy())[0]))}: the time is missing.")
    moments = pd.to_datetime(column, utc=True)
    origin = pd.Timestamp(0, tz="UTC")
    seconds = np.asarray((moments - origin) / pd.Timedelta(seconds=1), dtype=np.float64)
    return seconds, "s"


def _spells_nan(column: pd.Series) -> npt.NDArray[np.bool_]:
    return column.astype(str).str.strip().str.lower().isin(["nan", ""]).to_numpy(dtype=bool)


def _dates(column: pd.Series, where: Where) -> pd.Series:
    moments = pd.to_datetime(column, utc=True, errors="coerce", format="ISO8601")
    wrong = moments.isna().to_numpy()
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"{where(row)}: the time {column.iloc[row]!r} is neither a number nor a date like 2024-05-01 12:30."
        )
    return moments


def _unknown_column(frame: pd.DataFrame, argument: str, column: str, path: str) -> str:
    found = ", ".join(repr(str(name)) for name in frame.columns)
    likely = [str(name) for name in frame.columns if str(name).lower() in LIKELY.get(argument, ())]
    hint = f'; pass {argument}="{likely[0]}" if that is it' if likely else f"; pass {argument}=..."
    return f"{path}: there is no column {column!r} for the {argument}; found {found}{hint}."
