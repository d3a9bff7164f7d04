"""Tables of events to :class:`~graphcascade.data.RawEvents`: the one conversion of ids and times."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcascade.data import RawEvents
from graphcascade.data.check import LARGEST
from graphcascade.data.time_units import SECONDS
from graphcascade.errors import DataError, UsageError
from graphcascade.io.lines import BLANKS, parse_number

__all__ = ["check_time_unit", "frame_events", "ids_of", "number_of"]

NONE = "none"  # leaves a column alone that would be taken by its name
WHOLE_FLOAT = re.compile(r"-?\d+\.0")
logger = logging.getLogger(__name__)
Where = Callable[[int], str]  # names the place of a row
LIKELY = {
    "user": ("user_id", "userid", "uid", "node", "author", "from"),
    "item": ("topic_id", "item_id", "cascade_id", "cascade", "topic", "url", "meme", "post_id", "content"),
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
        cascade: Column that tells cascades of one item apart; "cascade" if there is such a column, unless "none".
        parent: Column of the user who infected each row's user; "parent" if there is such a column, unless "none".
        time_unit: Unit of times that are numbers.
        path: What messages call the table.
        line: Number of each row in it, for messages.
        row_name: What they call a row.

    Returns:
        The events, and the unit of their times: "s" for dates.

    Raises:
        DataError: Unknown columns; no rows; ids or times that are missing or of no use, with the row.
        UsageError: A time unit that is not known, or one given for dates; one column for two things.
    """
    check_time_unit(time_unit)
    for argument, column in {"user": user, "item": item, "time": time, "cascade": cascade, "parent": parent}.items():
        if column not in (None, NONE) and column not in frame.columns:
            raise DataError(_unknown_column(frame, argument, column, path))
        same = int((frame.columns == column).sum())
        if same > 1:
            raise DataError(f"{path}: there are {same} columns {column!r}; leave one for the {argument}.")
    if len({user, item, time}) < 3:
        raise UsageError(
            f"{path}: user={user!r}, item={item!r} and time={time!r} must be three columns (--user, --item, --time)."
        )
    if frame.empty:
        raise DataError(f"{path}: empty, there is no event in it.")
    cascade = cascade or ("cascade" if "cascade" in frame.columns and item != "cascade" else NONE)
    parent = parent or ("parent" if "parent" in frame.columns else NONE)

    unread = [str(name) for name in frame.columns if name not in (user, item, time, cascade, parent)]
    if unread:
        logger.info("%s: not read: %s.", path, ", ".join(unread))

    def where(row: int) -> str:
        return f"{path}, {row_name} {line[row]}"

    items = ids_of(frame[item], where, "item")
    groups = items if cascade == NONE else ids_of(frame[cascade], where, "cascade")
    number, first = _numbered(groups)
    if cascade != NONE and (items != items[first][number]).any():
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
        parent=None if parent == NONE else _parents(frame[parent], where),
    ), unit


def check_time_unit(time_unit: str | None) -> None:
    """Refuses a unit of time that is not known.

    Raises:
        UsageError: With those that are.
    """
    if time_unit is not None and time_unit not in SECONDS:
        raise UsageError(f"time_unit={time_unit!r}: use one of {', '.join(SECONDS)}.")


def ids_of(column: pd.Series, where: Where, what: str) -> npt.NDArray[np.object_]:
    """Ids as strings: 12 and "12" are the same, 12.0 (which tables make of 12 where others are missing) too.

    Blanks around ids are taken off; where all ids of a text are like "12.0" they are read as "12". Both are logged.

    Args:
        column: The ids as a table has them.
        where: Names the place of a row.
        what: Whose ids they are.

    Raises:
        DataError: A missing id; a number that is not whole, or too large for a float to hold all of its digits.
    """
    text = column.astype(str)
    ids: npt.NDArray[np.object_] = text.str.strip(BLANKS).to_numpy(dtype=object)
    padded = np.flatnonzero(ids != text.to_numpy(dtype=object))
    if padded.size:
        logger.warning(
            "%s: blanks around the %s id %r were taken off (%s ids).",
            where(int(padded[0])),
            what,
            text.iloc[padded[0]],
            f"{padded.size:,}",
        )
    if column.dtype == object and ids.size and all(map(WHOLE_FLOAT.fullmatch, ids)):  # some table made "12.0" of 12
        logger.warning("%s: the %s id %r, like all others, is read as %r.", where(0), what, ids[0], ids[0][:-2])
        ids = np.array([name[:-2] for name in ids], dtype=object)
    missing = column.isna().to_numpy() | (ids == "")
    if missing.any():
        raise DataError(f"{where(int(np.flatnonzero(missing)[0]))}: the {what} id is missing; every event needs one.")
    rows: npt.NDArray[Any] = np.empty(0, dtype=np.int64)
    if pd.api.types.is_float_dtype(column.dtype):
        rows = np.arange(len(column))
    elif column.dtype == object:
        rows = np.flatnonzero([isinstance(value, float | np.floating) for value in column])
    if not rows.size:
        return ids
    values = column.iloc[rows].to_numpy(dtype=np.float64)
    broken = ~np.isfinite(values) | (values != np.floor(values))
    if broken.any():
        first = int(np.flatnonzero(broken)[0])
        raise DataError(f"{where(rows[first])}: the {what} id {values[first]} is a number that is not whole.")
    if (np.abs(values) > LARGEST).any():
        first = int(np.flatnonzero(np.abs(values) > LARGEST)[0])
        raise DataError(
            f"{where(rows[first])}: the {what} id {values[first]} has lost digits as a float; give ids as strings or "
            "integers."
        )
    ids[rows] = values.astype(np.int64).astype(str)
    return ids


def _numbered(groups: npt.NDArray[np.object_]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Number of each row's group in order of appearance, and the first row of each group."""
    number, labels = pd.factorize(groups)
    first = np.full(len(labels), len(groups))
    np.minimum.at(first, number, np.arange(len(groups)))
    return number.astype(np.int64), first.astype(np.int64)


def _parents(column: pd.Series, where: Where) -> npt.NDArray[np.object_]:
    known = np.flatnonzero(~(column.isna() | (column.astype(str).str.strip(BLANKS) == "")).to_numpy())
    parents = np.full(len(column), None, dtype=object)
    parents[known] = ids_of(column.iloc[known], lambda row: where(int(known[row])), "parent")
    return parents


def _times(column: pd.Series, time_unit: str | None, where: Where) -> tuple[npt.NDArray[np.float64], str | None]:
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        return column.to_numpy(dtype=np.float64, na_value=np.nan), time_unit
    missing = column.isna().to_numpy() | (column.astype(str).str.strip(BLANKS) == "").to_numpy()
    if not pd.api.types.is_datetime64_any_dtype(column.dtype):
        numbers = [number_of(value) for value in column]
        failed = np.array([number is None for number in numbers]) & ~missing
        if not (failed | missing).all():
            if failed.any():
                row = int(np.flatnonzero(failed)[0])
                raise DataError(
                    f"{where(row)}: the time {column.iloc[row]!r} is not a number, as others in its column "
                    "are; give all as numbers, or all as dates."
                )
            # What is missing becomes NaN, which the checker names.
            return np.array(numbers, dtype=np.float64), time_unit
    if missing.any():
        raise DataError(f"{where(int(np.flatnonzero(missing)[0]))}: the time is missing.")
    moments = _dates(column, where)
    if time_unit is not None:
        raise UsageError(f"time_unit={time_unit!r}: the times are dates and become seconds; leave the unit out.")
    naive = _without_zone(column)
    if naive.any():
        row = int(np.flatnonzero(naive)[0])
        logger.warning("%s: the time %r names no time zone, and is taken as UTC.", where(row), str(column.iloc[row]))
    seconds, rest = np.divmod(moments.to_numpy(dtype="datetime64[ns]").astype(np.int64), 10**9)
    fine = rest % 1000 != 0
    if fine.any():
        row = int(np.flatnonzero(fine)[0])
        logger.warning("%s: the time %r is kept to the microsecond, or nearly.", where(row), str(column.iloc[row]))
    return seconds + rest / 1e9, "s"


def _without_zone(dates: pd.Series) -> npt.NDArray[np.bool_]:
    if pd.api.types.is_datetime64_any_dtype(dates.dtype):
        return np.full(len(dates), dates.dt.tz is None)
    named = dates.astype(str).str.strip(BLANKS).str.contains(r"(?:[zZ]|[+-]\d{2}(?::?\d{2})?)$")
    # The end of a plain date, as in 2024-05-01, looks like a zone.
    plain = dates.astype(str).str.strip(BLANKS).str.fullmatch(r"\d{4}-?\d{2}-?\d{2}")
    return (~named | plain).to_numpy()


def number_of(value: object) -> float | None:
    """A field as a number, to the last bit; ``None`` if it is none (pandas.to_numeric rounds some of them)."""
    if isinstance(value, bool | np.bool_):
        return None
    try:
        if isinstance(value, str):
            return parse_number(value)
        return float(value) if isinstance(value, Real | Decimal) else None
    except OverflowError:
        return math.inf
    except ValueError:
        return None


def _dates(column: pd.Series, where: Where) -> pd.Series:
    moments = pd.Series(pd.NaT, index=range(len(column)), dtype="datetime64[ns, UTC]")
    if not pd.api.types.is_timedelta64_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        moments = pd.to_datetime(column, utc=True, errors="coerce", format="ISO8601")
    wrong = moments.isna().to_numpy()
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        value = column.astype(object).iloc[row]
        raise DataError(f"{where(row)}: the time {value!r} is neither a number nor a date like 2024-05-01 12:30.")
    return moments


def _unknown_column(frame: pd.DataFrame, argument: str, column: str, path: str) -> str:
    names = [str(name) for name in frame.columns]
    found = f"{path}: there is no column {column!r} for the {argument}; found {', '.join(map(repr, names))}"
    separator = next((mark for mark in (";", "\t", "|") if len(names) == 1 and mark in names[0]), None)
    if separator is not None:
        return f"{found}; columns seem to be separated by {separator!r}: save the file with commas, or tabs and .tsv."
    known = (argument, *LIKELY.get(argument, ()))
    likely = next((name for name in names if name.lower() in known), "...")
    return f'{found}; if one of these is it, pass {argument}="{likely}" (--{argument} {likely}).'
