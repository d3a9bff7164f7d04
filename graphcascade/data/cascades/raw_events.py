from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

__all__ = ["RawEvents"]


@dataclass(frozen=True, eq=False)
class RawEvents:
    """Events as they were read from a file, before :func:`~graphcascade.data.check_events` checks them.

    Args:
        cascade: Number of each event's cascade, ``[E]`` int64 in ``[0, N)``; every number occurs.
        user: User ids, ``[E]`` strings.
        time: Times, ``[E]`` float64.
        item: Item id of each cascade, ``[N]`` strings; two cascades may spread the same item.
        path: Name of the origin in messages: a file, or "the DataFrame".
        line: Line of the file or row of the table of each event, ``[E]`` int64.
        row_name: Noun for ``line`` in messages: "line" or "row".
        parent: Id of the user who infected each event's user, ``[E]`` strings, ``None`` for a root; or
            ``None`` if parents are not known.
        sources_untimed: Whether the first event of a cascade may have no time, which is NaN then.
        times_relative: Whether the times of each cascade have their own origin, so that cascades have no order in time.
        times_are_dates: Whether the times were read from dates; they are seconds since 1970 then (UTC).
        reattached_parents: Number of parents that the reader replaced by a farther ancestor.
        unknown_users: Number of events that the reader left out because the format marks their user as unknown.
        growth: Number of further events of each cascade that are known to have followed, ``[N]`` int64; or ``None``.
        cut_off_events: Number of events without a time at the end of a truncated file; the reader left them out.
        invalid_rows: Number of invalid rows by reason, which the reader left out.
    """

    cascade: npt.NDArray[np.int64]
    user: npt.NDArray[np.object_]
    time: npt.NDArray[np.float64]
    item: npt.NDArray[np.object_]
    path: str
    line: npt.NDArray[np.int64]
    row_name: str = "line"
    parent: npt.NDArray[np.object_] | None = None
    sources_untimed: bool = False
    times_relative: bool = False
    times_are_dates: bool = False
    reattached_parents: int = 0
    unknown_users: int = 0
    growth: npt.NDArray[np.int64] | None = None
    cut_off_events: int = 0
    invalid_rows: Mapping[str, int] = field(default_factory=dict)

    def where(self, event: int) -> str:
        """Returns the place of an event for messages, such as "cascades.txt, line 3"."""
        return f"{self.path}, {self.row_name} {int(self.line[event])}"
