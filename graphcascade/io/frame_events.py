"""Conversion of tables of events to :class:`~graphcascade.data.RawEvents`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcascade.data import RawEvents
from graphcascade.data.cascades.check import find_invalid_times
from graphcascade.data.time_units import SECONDS
from graphcascade.errors import DataError, UsageError, shorten
from graphcascade.io.coded_ids import CodedIds
from graphcascade.io.date_texts import is_date
from graphcascade.io.ids import IdForm, code_ids
from graphcascade.io.invalid_rows import InvalidRows, check_on_error, settle_invalid_rows
from graphcascade.io.lines import BLANKS
from graphcascade.io.separators import SEPARATORS, split_header
from graphcascade.io.times import TimeForm, convert_times, to_number
from graphcascade.io.unread_columns import report_unread_columns
from graphcascade.options import TableReadOptions

__all__ = [
    "EventForm",
    "EventRows",
    "add_conflicting_items",
    "check_time_unit",
    "convert_rows",
    "event_columns",
    "frame_events",
    "no_events",
    "number_groups",
    "report_unread",
    "separator_hint",
]

Ids = npt.NDArray[np.object_]

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
    "post": ("post_id", "postid", "pid", "id", "item", "item_id", "video", "video_id"),
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
    names = {"user": user, "item": item, "time": time, "cascade": cascade, "parent": parent}
    columns = event_columns(frame, names, invalid, time_unit, options)
    if frame.empty:
        raise no_events(invalid.path)
    report_unread(frame, names, invalid.path)
    rows, unit = convert_rows(columns, time_unit, invalid, options)
    if rows.cascade is not rows.item:
        add_conflicting_items(rows, invalid, str(item))
    counts = settle_invalid_rows([invalid], options)
    line = invalid.lines
    if counts:
        valid = invalid.valid()
        rows, line = rows.select(valid), line[valid]
    number, first = number_groups(rows.cascade)
    return RawEvents(
        cascade=number,
        user=rows.user.to_array(),
        time=rows.time,
        item=rows.item.select(first).to_array(),
        path=invalid.path,
        line=line,
        row_name=invalid.row_name,
        times_are_dates=unit is not None and time_unit is None,
        parent=rows.parent,
        invalid_rows=counts,
    ), unit


@dataclass(frozen=True, eq=False)
class EventRows:
    """Rows of a table of events, converted.

    Args:
        item, cascade, user: Ids, "" for those that are invalid; ``cascade`` is ``item`` if each item is one cascade.
        time: Times, ``[E]`` float64, NaN for those that are invalid.
        parent: Ids of the users who infected each event's user, ``[E]`` strings, ``None`` for a root; or ``None``.
    """

    item: CodedIds
    cascade: CodedIds
    user: CodedIds
    time: npt.NDArray[np.float64]
    parent: Ids | None

    def select(self, rows: npt.NDArray[np.bool_]) -> EventRows:
        """Returns the rows of a mask."""
        item = self.item.select(rows)
        return EventRows(
            item,
            item if self.cascade is self.item else self.cascade.select(rows),
            self.user.select(rows),
            self.time[rows],
            None if self.parent is None else self.parent[rows],
        )


class EventForm:
    """What the columns of a log show together, while the log is read in portions."""

    def __init__(self) -> None:
        self.ids = {name: IdForm(" in the first rows") for name in ("item", "cascade", "user", "parent")}
        self.time = TimeForm()

    def settle(self, time_unit: str | None, users: Collection[str]) -> bool:
        """Decides by all rows; returns whether some were read in another way, so that the log must be read again.

        Args:
            time_unit: Unit of times that are numbers.
            users: Ids of all users.

        Raises:
            DataError: The order of the day and the month is not known; see :class:`~graphcascade.io.times.TimeForm`.
            UsageError: A unit is given for dates.
        """
        stale = self.time.settle(time_unit)
        for name, form in self.ids.items():
            stale |= form.settle(users if name == "parent" else ())
        return stale


def event_columns(
    frame: pd.DataFrame,
    names: Mapping[str, str | None],
    invalid: InvalidRows,
    time_unit: str | None,
    options: TableReadOptions,
    absent: dict[str, DataError] | None = None,
) -> dict[str, pd.Series]:
    """Returns the columns of a table of events by what they hold; those without a name are left out.

    Args:
        frame: The table.
        names: Names of the columns "user", "item", "time", "cascade" and "parent"; see :func:`frame_events`.
        invalid: Has the name of the table.
        time_unit, options: Are checked.
        absent: If given, a column that the table lacks has no values, and its error is added here.

    Raises:
        DataError, UsageError: See :func:`frame_events`.
    """
    check_time_unit(time_unit)
    check_on_error(options.on_error)
    path, row_name = invalid.path, invalid.row_name
    if frame.columns.nlevels > 1:
        raise DataError(f"{path}: its columns have {frame.columns.nlevels} levels of names; give a table with one.")
    for argument, others in (("item", ("user",)), ("time", ("user", "item"))):
        for other in others:
            if names[argument] == names[other]:
                reason = f"the {other} is read from this column of {path}; name another one"
                raise UsageError(argument=argument, value=names[argument], reason=reason)
    columns = {}
    for argument, name in _complete_names(frame, names).items():
        if name != NO_COLUMN:
            try:
                columns[argument] = _column(frame, argument, name, path, row_name)
            except DataError as error:
                if absent is None:
                    raise
                absent[argument] = error
                columns[argument] = pd.Series([None] * len(frame), index=frame.index, dtype=object, name=name)
    return columns


def _complete_names(frame: pd.DataFrame, names: Mapping[str, str | None]) -> dict[str, str]:
    """Returns the names of the columns, with the default names of those that are in the table, or "none"."""
    cascade = names["cascade"] or (
        "cascade" if "cascade" in frame.columns and names["item"] != "cascade" else NO_COLUMN
    )
    parent = names["parent"] or ("parent" if "parent" in frame.columns else NO_COLUMN)
    return {**names, "cascade": cascade, "parent": parent}  # type: ignore[dict-item]


def report_unread(frame: pd.DataFrame, names: Mapping[str, str | None], path: str) -> None:
    """Logs the columns of a table of events that are not read."""
    absent = {name: loss for name, loss in ABSENT.items() if names[name] is None and name not in frame.columns}
    complete = _complete_names(frame, names).values()
    read = {part for name in complete for part in (name, str(name).partition(".")[0])}
    report_unread_columns(
        path,
        [str(name) for name in frame.columns if name not in read],
        absent,
        arguments={name: name for name in ABSENT},
    )


def no_events(path: str) -> DataError:
    """Returns the error for a table without rows."""
    return DataError(f"{path}: empty; it contains no event.")


def convert_rows(
    columns: Mapping[str, pd.Series],
    time_unit: str | None,
    invalid: InvalidRows,
    options: TableReadOptions,
    form: EventForm | None = None,
) -> tuple[EventRows, str | None]:
    """Converts the columns of a table of events. Each row is checked by itself.

    Args:
        columns: The columns; see :func:`event_columns`.
        time_unit: Unit of times that are numbers.
        invalid: Collects the invalid rows.
        options: ``time_format``.
        form: What is known about the columns, if they are a portion of a log.

    Returns:
        The rows, and the unit of their times.
    """
    ids = {} if form is None else form.ids
    item = code_ids(columns["item"], invalid, "item", form=ids.get("item"))
    cascade = item
    if "cascade" in columns:
        cascade = code_ids(columns["cascade"], invalid, "cascade", form=ids.get("cascade"))
    time, unit = convert_times(
        columns["time"], time_unit, invalid, options.time_format, None if form is None else form.time
    )
    user = code_ids(columns["user"], invalid, "user", form=ids.get("user"))
    for wrong, kind, describe in find_invalid_times(time):
        if wrong.any():
            describe_row = partial(_invalid_time, users=user, describe=describe)
            invalid.add(wrong & invalid.valid(), kind, str(columns["time"].name), time, describe_row)
    parent = None
    if "parent" in columns:
        parent = _parents(columns["parent"], invalid, user, ids.get("parent"))
    return EventRows(item, cascade, user, time, parent), unit


def add_conflicting_items(rows: EventRows, invalid: InvalidRows, column: str) -> None:
    """Adds the rows whose item is not that of the first valid row of their cascade to the invalid rows.

    Args:
        rows: The rows.
        invalid: Has the other invalid rows.
        column: Name of the column of the items.
    """
    valid = np.flatnonzero(invalid.valid())
    number, first = number_groups(rows.cascade.select(valid))
    item = rows.item.to_array()
    original = item.copy()
    original[valid] = item[valid][first][number]
    invalid.add(
        item != original,
        "cascade with two items",
        column,
        item,
        lambda row: (
            f"cascade {shorten(rows.cascade[row])!r} has two items, {shorten(original[row])!r} and "
            f"{shorten(item[row])!r}"
        ),
    )


def _invalid_time(row: int, users: CodedIds, describe: Callable[[int], str]) -> str:
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


def number_groups(groups: CodedIds) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Returns the number of each row's group, in order of appearance, and the first row of each group."""
    number, labels = groups.number()
    first = np.empty(len(labels), dtype=np.int64)
    first[number[::-1]] = np.arange(len(number))[::-1]  # the last value that is written stays
    return number, first


def _parents(column: pd.Series, invalid: InvalidRows, users: CodedIds, form: IdForm | None) -> Ids:
    blank = np.array([isinstance(value, str) and not value.strip(BLANKS) for value in column], dtype=bool)
    known = np.flatnonzero(~(column.isna().to_numpy() | blank))
    parents = np.full(len(column), None, dtype=object)
    ids = code_ids(column.iloc[known], invalid.part(known), "parent", set(users.text), form=form)
    parents[known] = ids.to_array()
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
    return DataError(
        value=path,
        reason=f"{problem}; name the one with the {argument}, as in",
        remedy=(argument, likely_column(argument, names)),
    )


def likely_column(argument: str, names: Sequence[str]) -> str:
    """Returns the column that is usually meant by an argument such as "user", or "..." if there is none."""
    known = (argument, *COMMON_NAMES.get(argument, ()))
    return next((name for name in names if name.lower() in known), "...")
