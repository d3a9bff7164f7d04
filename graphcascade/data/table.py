from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.data.repairs import Repairs
from graphcascade.data.segments import select_segments

__all__ = ["CascadeTable"]


@dataclass(frozen=True, eq=False)
class CascadeTable:
    """All cascades of a dataset in flat tensors: cascade ``c`` has the events ``ptr[c]`` to ``ptr[c + 1]``.

    Args:
        user: Infected users, in order of time within each cascade, ``[E]`` int64 in ``[0, U)``.
        time: Times of infection, ``[E]`` float64.
        ptr: Boundaries of the cascades, ``[N + 1]`` int64; no cascade is empty.
        item: What each cascade spreads, ``[N]`` int64, a row of ``item_ids``.
        user_ids: The users' ids outside, ``[U]`` strings.
        item_ids: The items' ids outside, strings.
        parent: Local position of the infecting event, ``[E]`` int64, a root's own position; or unknown.
        part: The files' own split, ``[N]`` int8: 0 train, 1 validation, 2 test; or none.
        time_unit: "s", "h", ... or ``None`` where the origin does not state one.
        times_absolute: Times of different cascades have one origin, so that they can be ordered.
        follow_graph: Edges from followee to follower, the way information flows; ``num_nodes`` is ``U``.
        true_graph: The network that simulated cascades spread on, with ``edge_weight``.
        follow_edges_outside: Edges of the follow graph's file that are left out because a user is in no cascade.
        delays: Family of the delays that simulated cascades spread with.
        horizon: Time after which nobody was infected in a simulation.
        fingerprint: What tells the cascades from others, ``[N]`` int64, see :mod:`graphcascade.data.fingerprints`; a
            dataset computes it where there is none.
        cut: Cascades that were cut to a length on request, ``[N]`` bool; or none.
        dropped: Cascades that were left out on request: too long for a protocol, too small for a simulation.
        repairs: What was mended while reading.
        name: What reports call the dataset.
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
    follow_graph: Data | None = None
    true_graph: Data | None = None
    follow_edges_outside: int = 0
    delays: str | None = None
    horizon: float | None = None
    cut: Tensor | None = None
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
        """Events of each cascade, the source counted, ``[N]``."""
        return self.ptr.diff()

    @property
    def source(self) -> Tensor:
        """Source of each cascade, ``[N]``."""
        return self.user[self.ptr[:-1]]

    @property
    def ordered(self) -> bool:
        """Whether cascades have an order in time: their times have one origin, and they do not all begin at once."""
        begin = self.time[self.ptr[:-1]]
        return self.times_absolute and (begin.numel() < 2 or bool((begin != begin[0]).any()))

    def select(self, index: Tensor) -> CascadeTable:
        """The cascades ``index`` ``[B]`` in that order, with the same users and items."""
        row, ptr = select_segments(self.ptr, index)
        return replace(
            self,
            user=self.user[row],
            time=self.time[row],
            ptr=ptr,
            item=self.item[index],
            parent=None if self.parent is None else self.parent[row],
            part=None if self.part is None else self.part[index],
            cut=None if self.cut is None else self.cut[index],
            fingerprint=None if self.fingerprint is None else self.fingerprint[index],
        )
