from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["RawEvents"]


@dataclass(frozen=True, eq=False)
class RawEvents:
    """Events as a file gives them, before :func:`~graphcascade.data.check_events` has seen them.

    Args:
        cascade: Number of each event's cascade, ``[E]`` int64 in ``[0, N)``; every number occurs.
        user: User ids, ``[E]`` strings.
        time: Times, ``[E]`` float64.
        item: Item id of each cascade, ``[N]`` strings; two cascades may spread the same item.
        path: What messages call the origin: a file, or "the DataFrame".
        line: Line of the file or row of the table of each event, ``[E]`` int64.
        row_name: What ``line`` counts: "line" or "row".
        parent: Id of the user who infected each event's user, ``[E]`` strings, ``None`` for a root; or unknown.
        sources_untimed: The format has no time for the first event of a cascade: NaN there stands for it.
        times_relative: Times count from an origin of each cascade's own, so that cascades have no order in time.
        reattached_parents: Parents that the reader replaced by a farther ancestor.
        unknown_users: Events whose user the format calls unknown; the reader left them out.
        cut_off_events: Events without a time at the end of a file that breaks off there; the reader left them out.
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
    reattached_parents: int = 0
    unknown_users: int = 0
    cut_off_events: int = 0

    def where(self, event: int) -> str:
        """Names the place of an event: "cascades.txt, line 3"."""
        return f"{self.path}, {self.row_name} {int(self.line[event])}"
