from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcascade.errors import DataError

__all__ = ["OrderedEvents", "order_events"]

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class OrderedEvents:
    """Events of cascades after the repairs, sorted by cascade and time.

    Args:
        user: Infected users, ``[E]`` int64.
        time: Times of infection, ``[E]`` float64.
        ptr: Boundaries of the cascades, ``[N + 1]`` int64.
        parent: Position in the cascade of the event that infected each user, ``[E]`` int64; or ``None``.
        reordered_cascades, repeated_users, untimed_sources: Counts of the repairs; see
            :class:`~graphcascade.data.Repairs`.
    """

    user: IntArray
    time: npt.NDArray[np.float64]
    ptr: IntArray
    parent: IntArray | None
    reordered_cascades: int
    repeated_users: int
    untimed_sources: int


def order_events(
    cascade: IntArray,
    user: IntArray,
    time: npt.NDArray[np.float64],
    parent: IntArray | None,
    num_cascades: int,
    parent_error: Callable[[int], DataError],
) -> OrderedEvents:
    """Sorts events by cascade and time, and repairs them as :func:`~graphcascade.data.check_events` says.

    Args:
        cascade: Number of each event's cascade, ``[E]`` in ``[0, N)``; every number occurs.
        user: Numbers of the users, ``[E]``.
        time: Times, ``[E]``; NaN for a source without a time.
        parent: Number of the user who infected each event's user, ``[E]``; -1 for a root; ``None`` if it is not known.
        num_cascades: Number of cascades, ``N``.
        parent_error: Returns the error for an event whose parent has no earlier event in the same cascade.

    Raises:
        DataError: A parent has no earlier event in the same cascade.
    """
    together = np.argsort(cascade, kind="stable")
    cascade, user, time = cascade[together], user[together], time[together]
    untimed = np.isnan(time)
    if untimed.any():
        earliest = np.fmin.reduceat(time, np.flatnonzero(np.diff(cascade, prepend=-1)))
        time = np.where(untimed, earliest[cascade], time)
    order, reordered, repeated = _sort(cascade, user, time)
    cascade, user, time = cascade[order], user[order], time[order]
    ptr: IntArray = np.concatenate([[0], np.cumsum(np.bincount(cascade, minlength=num_cascades))]).astype(np.int64)
    position = None
    if parent is not None:
        event = together[order]
        position = _parent_positions(cascade, user, parent[event], ptr, lambda kept: parent_error(int(event[kept])))
    return OrderedEvents(user, time, ptr, position, reordered, repeated, int(untimed.sum()))


def _sort(cascade: IntArray, user: IntArray, time: npt.NDArray[np.float64]) -> tuple[IntArray, int, int]:
    """Sorts the events of each cascade by time, without repeated users.

    Returns:
        The kept events in order, the number of cascades that were out of order, and the number of repeated users.
    """
    decreasing = (np.diff(time) < 0) & (np.diff(cascade) == 0)
    reordered = len(np.unique(cascade[1:][decreasing]))
    order: IntArray = np.arange(len(time))
    if reordered:
        order = np.lexsort((time, cascade))
    key = cascade[order] * (user.max() + 1) + user[order]
    repeated = pd.Series(key).duplicated().to_numpy()
    return order[~repeated], reordered, int(repeated.sum())


def _parent_positions(
    cascade: IntArray, user: IntArray, parent: IntArray, ptr: IntArray, error: Callable[[int], DataError]
) -> IntArray:
    """Returns the positions of the parents of the kept events, a root's own position."""
    root = parent < 0
    position: IntArray = np.arange(len(cascade))
    key = cascade * (max(user.max(), parent.max()) + 1)
    found = np.where(root, position, pd.Index(key + user).get_indexer(pd.Index(key + parent)))
    wrong = (found < 0) | ((found >= position) & ~root)
    if wrong.any():
        raise error(int(np.flatnonzero(wrong)[0]))
    return np.asarray(found - ptr[cascade], dtype=np.int64)
