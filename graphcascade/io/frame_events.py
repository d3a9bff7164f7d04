"""Conversion of tables of events to :class:`~graphcascade.data.RawEvents`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcascade.data import RawEvents
from graphcascade.data.cascades.check import find_invalid_times
from graphcascade.data.time_units import SECONDS
from graphcascade.errors import DataError, UsageError, shorten
from graphcascade.io.date_texts import is_date
from graphcascade.io.ids import convert_ids
from graphcascade.io.invalid_rows import InvalidRows, check_on_error, settle_invalid_rows
from graphcascade.io.lines import BLANKS
from graphcascade.io.separators import SEPARATORS, split_header
from graphcascade.io.times import convert_times, to_number
from graphcascade.io.unread_columns import report_unread_columns
from graphcascade.options import TableReadOptions

__all__ = ["check_time_unit", "frame_events", "separator_hint"]

NO_COLUMN = "none"  # argument by which a column with the default name is not read
DEFAULTS = TableReadOptions()
ABSENT = {
    "cascade": "each item is one cascade",
    "parent": "it is not known who infected whom",
}
"""What is so without an optional column."""
COMMON_NAMES = {
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
    invalid: InvalidRows,
    options: TableReadOptions = DEFAULTS,
) -> tuple[RawEvents, str | None]:
    """Converts a table with one event a row.

    Args:
        frame: The table.
        user, item, time: Names of the columns. A name with dots, such as "user.id", may stand for a field of a column
            of objects, as for ``cascade`` and ``parent``.
        cascade: Column that separates cascades of one item; by default "cascade" if there is such a column; "none" for
            no column.
        parent: Column of the user who infected each row's user; by default "parent" if there is such a column; "none"
            for no column.
        time_unit: Unit of times that are numbers.
        invalid: Collects the invalid rows, and has the name of the table and the number of each row for messages.
        options: ``time_format``, ``on_error`` and ``errors_out``.

    Returns:
        The events, and the unit of their times: "s" for dates.

    Raises:
        DataError: A column is unknown; there are no rows; an id or a time is missing or invalid, and ``on_error`` is
            "stop".
        UsageError: The time unit is unknown, or given for dates; two arguments name the same column.
    """
    check_time_unit(time_unit)
    check_on_error(options.on_error)
    path, row_name = invalid.path, invalid.row_name
    if frame.columns.nlevels > 1:
        raise DataError(f"{path}: its columns have {frame.columns.nlevels} levels of names; give a table with one.")
    for argument, name, others in (("item", item, {"user": user}), ("time", time, {"user": user, "item": item})):
        for other, column in others.items():
            if name == column:
                reason = f"the {other} is read from this column of {path}; name another one"
                raise UsageError(argument=argument, value=name, reason=reason)
    given = {"cascade": cascade, "parent": parent}
    absent = {name: loss for name, loss in ABSENT.items() if given[name] is None and name not in frame.columns}
    cascade = cascade or ("cascade" if "cascade" in frame.columns and item != "cascade" else NO_COLUMN)
    parent = parent or ("parent" if "parent" in frame.columns else NO_COLUMN)
    names = {"user": user, "item": item, "time": time, "cascade": cascade, "parent": parent}
    columns = {
        argument: _column(frame, argument, name, path, row_name)
        for argument, name in names.items()
        if name != NO_COLUMN
    }
    if frame.empty:
        raise DataError(f"{path}: empty; it contains no event.")
    read = {part for name in names.values() for part in (name, str(name).partition(".")[0])}
    unread = [str(name) for name in frame.columns if name not in read]
    report_unread_columns(path, unread, absent)

    items = convert_ids(columns["item"], invalid, "item")
    groups = convert_ids(columns["cascade"], invalid, "cascade") if "cascade" in columns else items
    if groups is not items:
        number, first = _number_groups(groups)
        original = items[first][number]
        invalid.add(
            (items != original) & invalid.valid(),
            "cascade with two items",
            str(item),
            items,
            lambda row: (
                f"cascade {shorten(groups[row])!r} has two items, {shorten(original[row])!r} and "
                f"{shorten(items[row])!r}"
            ),
        )
    times, unit = convert_times(columns["time"], time_unit, invalid, options.time_format)
    users = convert_ids(columns["user"], invalid, "user")
    for wrong, kind, describe in find_invalid_times(times):
        if wrong.any():
            describe_row = partial(_invalid_time, users=users, describe=describe)
            invalid.add(wrong & invalid.valid(), kind, str(time), times, describe_row)
    parents = _parents(columns["parent"], invalid, users) if "parent" in columns else None
    counts = settle_invalid_rows([invalid], options)
    line = invalid.lines
    if counts:
        valid = invalid.valid()
        items, groups, users = (ids[valid] for ids in (items, groups, users))
        times, line = times[valid], line[valid]
        parents = None if parents is None else parents[valid]
    number, first = _number_groups(groups)
    return RawEvents(
        cascade=number,
        user=users,
        time=times,
        item=items[first],
        path=path,
        line=line,
        row_name=row_name,
        times_are_dates=unit is not None and time_unit is None,
        parent=parents,
        invalid_rows=counts,
    ), unit


def _invalid_time(row: int, users: npt.NDArray[np.object_], describe: Callable[[int], str]) -> str:
    return f"the time of user {shorten(str(users[row]))!r} is {describe(row)}"


def separator_hint(names: Sequence[str]) -> tuple[str, tuple[str, str]] | None:
    """Returns advice, and an argument and its value, if the only name of a column shows another separator."""
    for name, mark in SEPARATORS.items():
        if len(names) == 1 and len(split_header(names[0], mark)) > 1:
            return f"the columns seem to be separated by a {name}; read the file with", ("sep", name)
    return None


def check_time_unit(time_unit: str | None) -> None:
    """Raises an error if a unit of time is unknown.

    Raises:
        UsageError: The unit is unknown; the message lists the known ones.
    """
    if time_unit is not None and time_unit not in SECONDS:
        raise UsageError(argument="time_unit", value=time_unit, reason=f"use one of {', '.join(SECONDS)}")


def _number_groups(groups: npt.NDArray[np.object_]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Returns the number of each row's group, in order of appearance, and the first row of each group."""
    number, labels = pd.factorize(groups)
    first = np.full(len(labels), len(groups))
    np.minimum.at(first, number, np.arange(len(groups)))
    return number.astype(np.int64), first.astype(np.int64)


def _parents(column: pd.Series, invalid: InvalidRows, users: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    blank = np.array([isinstance(value, str) and not value.strip(BLANKS) for value in column], dtype=bool)
    known = np.flatnonzero(~(column.isna().to_numpy() | blank))
    parents = np.full(len(column), None, dtype=object)
    parents[known] = convert_ids(column.iloc[known], invalid.part(known), "parent", set(users))
    return parents


def _column(frame: pd.DataFrame, argument: str, name: str, path: str, row_name: str) -> pd.Series:
    """Returns a column, or a field of a column of objects, which a name with dots such as "user.id" stands for."""
    same = int((frame.columns == name).sum())
    if same > 1:
        raise DataError(f"{path}: there are {same} columns {name!r}; keep only one for the {argument}.")
    if same == 1:
        return frame[name]
    first, *keys = str(name).split(".")
    if keys and int((frame.columns == first).sum()) == 1:
        values: list[Any] = frame[first].astype(object).tolist()
        for key in keys:
            values = [value.get(key) if isinstance(value, dict) else None for value in values]
        if any(value is not None for value in values):
            return pd.Series(values, index=frame.index, dtype=object, name=name)
    raise _unknown_column(frame, argument, name, path, row_name)


def _unknown_column(frame: pd.DataFrame, argument: str, column: str, path: str, row_name: str) -> DataError:
    names = [str(name) for name in frame.columns]
    if not names:
        return DataError(
            f"{path}: it has no columns; give a table with a row for each event and the columns user, item and time."
        )
    if row_name == "line" and any(to_number(name) is not None or is_date(name) for name in names):
        shown = ", ".join(names[:3])
        return DataError(
            f"{path}: its first line, {shorten(shown)!r}, looks like an event, not like names of columns; add a line "
            "with their names above it, such as user,item,time."
        )
    problem = f"there is no column {column!r} for the {argument}; found {', '.join(map(repr, names))}"
    if hint := separator_hint(names):
        return DataError(value=path, reason=f"{problem}; {hint[0]}", remedy=hint[1])
    known = (argument, *COMMON_NAMES.get(argument, ()))
    likely = next((name for name in names if name.lower() in known), "...")
    return DataError(
        value=path, reason=f"{problem}; name the one with the {argument}, as in", remedy=(argument, likely)
    )
