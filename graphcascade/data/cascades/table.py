from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.data.cascades.repairs import Repairs
from graphcascade.data.segments import select_segments

__all__ = ["CascadeTable"]


@dataclass(frozen=True, eq=False)
class CascadeTable:
    """All cascades of a dataset in flat tensors: cascade ``c`` has the events ``ptr[c]`` to ``ptr[c + 1]``.

    Args:
        user: Infected users, in order of time within each cascade, ``[E]`` int64 in ``[0, U)``.
        time: Times of infection, ``[E]`` float64.
        ptr: Boundaries of the cascades, ``[N + 1]`` int64; no cascade is empty.
        item: Item of each cascade, ``[N]`` int64, a row of ``item_ids``.
        user_ids: Ids of the users, ``[U]`` strings.
        item_ids: Ids of the items, strings.
        parent: Position in the cascade of the event that infected each user, ``[E]`` int64, a root's own position;
            ``None`` if it is not known.
        part: Published split, ``[N]`` int8: 0 train, 1 validation, 2 test; or ``None``.
        time_unit: "s", "h", ..., or ``None`` if it is not known.
        times_absolute: Whether the times of all cascades have one origin, so that cascades can be ordered.
        times_are_dates: Whether the times were read from dates; they count from 1970 then (UTC).
        follow_graph: Edges from followee to follower, the direction in which information flows; ``num_nodes`` is ``U``.
        true_graph: The network that simulated cascades spread on, with ``edge_weight``.
        follow_edges_outside: Number of edges of the follow graph's file left out because a user is in no cascade.
        delays: Family of the delays of simulated cascades.
        horizon: Time at which a simulation ended.
        fingerprint: Number that identifies each cascade, ``[N]`` int64, see
            :mod:`graphcascade.data.cascades.fingerprints`; computed by the dataset if left out.
        cut: Mask of the cascades that were cut to a maximum length, ``[N]`` bool; or ``None``.
        growth: Number of further events of each cascade, which are known to have followed but are not in the table,
            ``[N]`` int64; or ``None`` if all events are in the table.
        recorded: Time from the first event of a cascade in which its events are in the table, if ``growth`` counts
            those after it; or ``None``.
        dropped: Number of cascades left out by size: too long for a protocol, too small for a simulation.
        repairs: Counts of the repairs made while reading.
        name: Name of the dataset in reports.
    """

    user: Tensor
    time: Tensor
    ptr: Tensor
    item: Tensor
    user_ids: npt.NDArray[np.object_]
    item_ids: npt.NDArray[np.object_]
    parent: Tensor | None = None
    part: Tensor | None = None
    time_unit: str | None = None
    times_absolute: bool = True
    times_are_dates: bool = False
    follow_graph: Data | None = None
    true_graph: Data | None = None
    follow_edges_outside: int = 0
    delays: str | None = None
    horizon: float | None = None
    cut: Tensor | None = None
    growth: Tensor | None = None
    recorded: float | None = None
    fingerprint: Tensor | None = None
    dropped: int = 0
    repairs: Repairs = field(default_factory=Repairs)
    name: str = "cascades"

    @property
    def num_cascades(self) -> int:
        return self.ptr.numel() - 1

    @property
    def num_events(self) -> int:
        return self.user.numel()

    @property
    def num_users(self) -> int:
        return len(self.user_ids)

    @property
    def size(self) -> Tensor:
        """Number of events of each cascade, including the source, ``[N]``."""
        return self.ptr.diff()

    @property
    def source(self) -> Tensor:
        """Source of each cascade, ``[N]``."""
        return self.user[self.ptr[:-1]]

    @property
    def order_problem(self) -> str | None:
        """Why cascades have no order in time, for messages; ``None`` if they have one."""
        if not self.times_absolute:
            return "times are relative to each cascade's source"
        begin = self.time[self.ptr[:-1]]
        return "all cascades begin at the same time" if begin.numel() > 1 and bool((begin == begin[0]).all()) else None

    @property
    def ordered(self) -> bool:
        """Whether cascades have an order in time: times have one origin, and not all cascades begin at one time."""
        return self.order_problem is None

    def select(self, index: Tensor) -> CascadeTable:
        """Selects the cascades ``index`` ``[B]`` in that order; users and items stay the same.

        Successive cascades are views of the tensors, so that a part of a table in files is not copied into memory.
        """
        rows: Tensor | slice
        cascades: Tensor | slice
        if index.numel() and bool((index.diff() == 1).all()):
            first, stop = int(index[0]), int(index[-1]) + 1
            cascades, rows = slice(first, stop), slice(int(self.ptr[first]), int(self.ptr[stop]))
            ptr = self.ptr[first : stop + 1] - self.ptr[first]
        else:
            cascades = index
            rows, ptr = select_segments(self.ptr, index)
        return replace(
            self,
            user=self.user[rows],
            time=self.time[rows],
            ptr=ptr,
            item=self.item[cascades],
            parent=None if self.parent is None else self.parent[rows],
            part=None if self.part is None else self.part[cascades],
            cut=None if self.cut is None else self.cut[cascades],
            growth=None if self.growth is None else self.growth[cascades],
            fingerprint=None if self.fingerprint is None else self.fingerprint[cascades],
        )
