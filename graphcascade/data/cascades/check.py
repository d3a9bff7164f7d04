"""Checks of events: every dataset is made from events that passed them."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from graphcascade.data.cascades.implausible_times import find_implausible_times
from graphcascade.data.cascades.order_events import order_events
from graphcascade.data.cascades.raw_events import RawEvents
from graphcascade.data.cascades.repairs import Repairs
from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.time_units import YEAR_10000
from graphcascade.errors import DataError, shorten
from graphcascade.plurals import counted

__all__ = [
    "MAX_EXACT_FLOAT",
    "check_events",
    "check_values",
    "find_invalid_times",
    "log_implausible",
    "log_repairs",
    "no_earlier_parent",
    "parent_numbers",
]

logger = logging.getLogger(__name__)

MAX_EXACT_FLOAT = 2.0**53  # a float holds all integers up to this one exactly
MAX_REPEATED_SHARE = 0.1  # a larger share of repeated users suggests that the wrong column was read

IntArray = npt.NDArray[np.int64]


def check_events(
    raw: RawEvents | Sequence[RawEvents],
    parts: Sequence[int] | None = None,
    time_unit: str | None = None,
    name: str = "cascades",
) -> CascadeTable:
    """Checks events and returns them as cascades in flat tensors.

    Events that are out of order are sorted by time (ties keep the order of the file). If a user occurs twice in a
    cascade, the first event is kept. A source without a time takes the time of the first event. All three repairs are
    counted in :class:`~graphcascade.data.Repairs` and logged. Nothing else is changed. Users and items are numbered in
    the order in which they appear.

    Args:
        raw: The events of one file, or of several with the same users.
        parts: Part of the published split that each element of ``raw`` is: 0 train, 1 validation, 2 test.
        time_unit: Unit of the times.
        name: Name of the dataset in reports.

    Raises:
        DataError: There is no event; a time is not finite, negative, or above 2 ** 53; a source without a time is the
            only user of its cascade; a user id is empty or has a zero byte; a parent has no earlier event in the same
            cascade. The message names the file and the line.
    """
    files = [raw] if isinstance(raw, RawEvents) else list(raw)
    for file in files:
        if file.user.size == 0:
            raise DataError(f"{file.path}: empty; it contains no cascade.")
        check_values(file)

    offset = np.cumsum([0] + [len(file.item) for file in files])
    cascade: npt.NDArray[Any] = np.concatenate([f.cascade + offset[k] for k, f in enumerate(files)])
    time = np.concatenate([f.time for f in files])
    absolute = not any(file.times_relative for file in files)
    implausible = find_implausible_times(time, time_unit, absolute)
    if implausible is not None:
        event = int(implausible[0][0])
        log_implausible(_where(files, event), time[event], time_unit, implausible[1], len(implausible[0]))
    user: IntArray
    user, user_ids = pd.factorize(np.concatenate([f.user for f in files]))
    item, item_ids = pd.factorize(np.concatenate([f.item for f in files]))
    num_cascades = len(item)

    missing = num_cascades - len(np.unique(cascade))
    if missing:
        raise DataError(f"{files[0].path}: {missing} cascades have no event.")
    named = _named_parents(files)
    parent = None if named is None else parent_numbers(named, pd.Index(user_ids))

    def parent_error(event: int) -> DataError:
        assert named is not None
        return no_earlier_parent(_where(files, event), user_ids[user[event]], named[event])

    events = order_events(cascade, user, time, parent, num_cascades, parent_error)
    repairs = Repairs(
        reordered_cascades=events.reordered_cascades,
        repeated_users=events.repeated_users,
        untimed_sources=events.untimed_sources,
        reattached_parents=sum(file.reattached_parents for file in files),
        unknown_users=sum(file.unknown_users for file in files),
        cut_off_events=sum(file.cut_off_events for file in files),
        invalid_rows=dict(sum((Counter(file.invalid_rows) for file in files), Counter())),
    )
    log_repairs(repairs, len(cascade), name)
    part = None
    if parts is not None:
        part = torch.from_numpy(np.repeat(np.asarray(parts, dtype=np.int8), [len(file.item) for file in files]))
    growths = [file.growth for file in files if file.growth is not None]
    return CascadeTable(
        user=torch.from_numpy(events.user),
        time=torch.from_numpy(events.time),
        ptr=torch.from_numpy(events.ptr),
        item=torch.from_numpy(item.astype(np.int64)),
        user_ids=np.asarray(user_ids, dtype=object),
        item_ids=np.asarray(item_ids, dtype=object),
        parent=None if events.parent is None else torch.from_numpy(events.parent),
        part=part,
        growth=torch.from_numpy(np.concatenate(growths)) if len(growths) == len(files) else None,
        time_unit=time_unit,
        times_absolute=absolute,
        times_are_dates=all(file.times_are_dates for file in files),
        repairs=repairs,
        name=name,
    )


def log_implausible(where: str, time: float, time_unit: str | None, problem: str, count: int) -> None:
    """Logs the first of some times that are not plausible as dates."""
    logger.warning(
        "%s: the time %s %s (%s). If it is a placeholder or in another unit, repair the data.",
        where,
        _with_date(time, time_unit),
        problem,
        counted(count, "such event"),
    )


def log_repairs(repairs: Repairs, num_events: int, name: str) -> None:
    """Logs the repairs, and whether so many users are repeated that a wrong column may have been read."""
    if repairs:
        logger.warning("%s: repaired while reading: %s.", name, repairs)
    if repairs.repeated_users > MAX_REPEATED_SHARE * num_events:
        logger.warning(
            "%s: %.0f %% of the events were left out because their users are already in the cascade; check that the "
            "column of the items is the right one.",
            name,
            100 * repairs.repeated_users / num_events,
        )


def _where(files: Sequence[RawEvents], event: int) -> str:
    """Returns the file and line of an event; events are numbered across all files."""
    for file in files:
        if event < len(file.user):
            return file.where(event)
        event -= len(file.user)
    raise IndexError(event)


def _with_date(time: float, unit: str | None) -> str:
    """Formats a time, with its date if it is in seconds and the date has a year of four digits."""
    text = f"{time:.15g}"
    return f"{text} ({np.datetime64(int(time), 's')})" if unit == "s" and 0 <= time < YEAR_10000 else text


def check_values(file: RawEvents) -> None:
    empty = (file.user == "") | pd.isna(file.user)
    if empty.any():
        event = int(np.flatnonzero(empty)[0])
        raise DataError(f"{file.where(event)}: the user id is empty; every event needs one.")
    binary = next((user for user in pd.unique(file.user) if "\0" in user), None)
    if binary is not None:
        event = file.user.tolist().index(binary)
        raise DataError(
            f"{file.where(event)}: the user id {shorten(binary)!r} has a zero byte in it; is this a text file?"
        )
    wrong = ~np.isfinite(file.time)
    if file.sources_untimed:
        _, source, size = np.unique(file.cascade, return_index=True, return_counts=True)
        untimed = np.isnan(file.time[source])
        alone = source[untimed & (size == 1)]
        if alone.size:
            raise DataError(
                f"{file.where(alone[0])}: the source {shorten(file.user[alone[0]])!r} has no time and no event "
                "follows to take it from; leave the cascade out."
            )
        wrong[source[untimed]] = False
    time = np.where(wrong | np.isfinite(file.time), file.time, 0.0)  # sources may have no time
    for wrong, _, describe in find_invalid_times(time):
        if wrong.any():
            event = int(np.flatnonzero(wrong)[0])
            user = shorten(file.user[event])
            raise DataError(f"{file.where(event)}: the time of user {user!r} is {describe(event)}.")


def find_invalid_times(
    time: npt.NDArray[np.float64],
) -> Iterator[tuple[npt.NDArray[np.bool_], str, Callable[[int], str]]]:
    """Yields masks of times that no event can have, each with a name of the problem and a description of a time."""
    missing, finite = np.isnan(time), np.isfinite(time)
    yield missing, "time missing", lambda event: "missing; every event needs one"
    yield ~finite & ~missing, "time not finite", lambda event: f"{time[event]}; it must be finite"
    yield (
        finite & (time > MAX_EXACT_FLOAT),
        "time too large",
        lambda event: (
            f"{time[event]:g}, too large to keep all of its digits; subtract the first time from all, or "
            "give them in a coarser unit"
        ),
    )
    yield (
        finite & (time < 0),
        "time negative",
        lambda event: (
            f"{time[event]:g}; times count from an origin and cannot be negative: shift them all by the same amount"
        ),
    )


def _named_parents(files: Sequence[RawEvents]) -> npt.NDArray[np.object_] | None:
    """Returns the ids of the parents of all events, ``None`` for a root; or ``None`` if they are not known."""
    known = sum(file.parent is not None for file in files)
    if known == len(files):
        named: npt.NDArray[np.object_] = np.concatenate([np.asarray(file.parent, dtype=object) for file in files])
        return named
    if known:
        logger.warning("parents are known in only %d of %d files and were left out.", known, len(files))
    return None


def parent_numbers(named: npt.NDArray[np.object_], user_ids: pd.Index[Any]) -> IntArray:
    """Returns the numbers of parents, -1 for a root; an id that is no user gets a number that no user has."""
    root = pd.isna(named)
    number = user_ids.get_indexer(pd.Index(np.where(root, user_ids[0], named)))
    return np.where(root, -1, np.where(number < 0, len(user_ids), number)).astype(np.int64)


def no_earlier_parent(where: str, user: str, parent: str) -> DataError:
    """Returns the error for an event whose parent has no earlier event in the same cascade."""
    return DataError(
        f"{where}: user {shorten(user)!r} is infected by {shorten(parent)!r}, who "
        "has no earlier event in the same cascade; leave the parent of a root empty."
    )
