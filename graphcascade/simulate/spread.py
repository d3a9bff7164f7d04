"""Earliest arrivals of transmissions, by which cascades are simulated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from graphcascade.data.segments import expand_ranges, portions, segment_ids, segment_positions, segment_ptr
from graphcascade.simulate.delays import DelayFamily
from graphcascade.simulate.out_edges import OutEdges
from graphcascade.simulate.uniforms import uniforms

__all__ = ["Events", "spread"]

MAX_TRANSMISSIONS = 1 << 16  # computed together, few enough to stay near the processor's cache
MAX_UNSPLIT_FRONT = 32  # users in the front of a cascade; a smaller front is not split into two rounds


class Events(NamedTuple):
    """Events of several cascades, each sorted by time: cascade ``c`` has the events ``ptr[c]`` to ``ptr[c + 1]``."""

    user: Tensor
    time: Tensor
    parent: Tensor  # position within the cascade
    ptr: Tensor

    def take(self, row: Tensor, ptr: Tensor) -> Events:
        """Selects the events ``row``, which are cascades or their first events, with the new boundaries ``ptr``."""
        return Events(self.user[row], self.time[row], self.parent[row], ptr)


class Arrivals(NamedTuple):
    """Infections found so far; a cell is ``cascade * num_users + user``."""

    cell: Tensor
    parent: Tensor  # cell of the infecting user
    arrival: Tensor

    def take(self, index: Tensor) -> Arrivals:
        """Selects the arrivals at ``index``, or those where a mask is true."""
        if index.dtype == torch.bool:
            index = index.nonzero().view(-1)  # once for all columns
        return Arrivals(*(_at(column, index) for column in self))

    def current(self, reached: Tensor) -> Arrivals:
        """Selects the arrivals that have not been replaced by earlier ones."""
        return self.take(self.arrival == _at(reached, self.cell))

    @staticmethod
    def join(parts: Sequence[Arrivals]) -> Arrivals:
        cell, parent, arrival = (torch.cat(column) for column in zip(*parts, strict=True))
        return Arrivals(cell, parent, arrival)


def spread(
    edges: OutEdges,
    family: DelayFamily,
    source: Tensor,
    key: Tensor,
    horizon: float,
    max_size: int | None,
    reached: Tensor,
) -> Events:
    """Simulates cascades: a user is infected when the first transmission arrives.

    Infection times are shortest paths over random delays. All cascades are simulated together, in rounds: users who
    were reached, or reached earlier than before, transmit along all of their edges, until no user is reached earlier.
    With ``max_size``, a cascade ignores arrivals after its ``max_size``-th earliest arrival so far. Later rounds can
    only add arrivals or make them earlier, so this does not change the first ``max_size`` arrivals, and it bounds the
    work of a round.

    Args:
        edges: The network.
        family: Distribution of the delays.
        source: First users of the cascades, ``[C]``, or several of each, ``[C, S]``, infected at time 0.
        key: Keys of the cascades' random numbers, ``[C]``; number ``m`` belongs to column ``m`` of ``edge_index``.
        horizon: Time at which cascades end.
        max_size: Number of infections to simulate in each cascade, or ``None`` for all.
        reached: Workspace of at least ``C * num_users`` float64, all infinite; it is infinite again afterwards.
    """
    count, num_users = source.size(0), edges.num_users
    cell = (torch.arange(count).view(-1, 1) * num_users + source.view(count, -1)).view(-1)
    front = Arrivals(cell, cell, torch.zeros(cell.numel(), dtype=torch.float64))
    latest = torch.full((count,), float("inf"), dtype=torch.float64)
    reached[cell] = 0.0
    found, touched = [front], [cell]
    while front.cell.numel() > 0:
        now, later = _split(front, count, num_users)
        new = _transmit(edges, family, now, key, horizon, latest, reached)
        found.append(new)
        touched.append(new.cell)
        front = Arrivals.join([new, later.current(reached)])
        if max_size is not None:
            first = _in_order(Arrivals.join(found).current(reached), num_users)
            ptr = segment_ptr(torch.bincount(first.cell // num_users, minlength=count))
            full = (ptr.diff() >= max_size).nonzero().view(-1)
            latest[full] = first.arrival[ptr[full] + max_size - 1]
            found = [first.take(segment_positions(ptr) < max_size)]
            front = front.take(front.arrival <= latest[front.cell // num_users])

    events = _to_events(Arrivals.join(found).current(reached), family, count, num_users, reached, max_size)
    reached[torch.cat(touched)] = float("inf")
    return events


def _to_events(
    found: Arrivals, family: DelayFamily, count: int, num_users: int, workspace: Tensor, max_size: int | None
) -> Events:
    """Sorts infections by cascade and time, and finds the positions of the parents; overwrites the workspace."""
    found = _in_order(found, num_users)
    ptr = segment_ptr(torch.bincount(found.cell // num_users, minlength=count))
    if max_size is not None:
        found = found.take(segment_positions(ptr) < max_size)
        ptr = segment_ptr(ptr.diff().clamp(max=max_size))
    workspace[found.cell] = segment_positions(ptr).double()
    parent = workspace[found.parent].long()
    return Events(found.cell % num_users, family.time(found.arrival), parent, ptr)


def _split(front: Arrivals, count: int, num_users: int) -> tuple[Arrivals, Arrivals]:
    """Splits the front into users who transmit now, and users who wait, because they may still be reached earlier.

    If the front of a cascade is large, users wait who arrive later than halfway from its first to its mean arrival.
    """
    cascade = front.cell // num_users
    size = torch.bincount(cascade, minlength=count)
    mean = torch.bincount(cascade, front.arrival, minlength=count) / size
    first = torch.full_like(mean, float("inf")).scatter_reduce_(0, cascade, front.arrival, "amin")
    bound = torch.where(size > MAX_UNSPLIT_FRONT, (first + mean) / 2, float("inf")).maximum(
        first
    )  # the first never waits
    late = front.arrival > bound[cascade]
    return front.take(~late), front.take(late)


def _transmit(
    edges: OutEdges,
    family: DelayFamily,
    front: Arrivals,
    key: Tensor,
    horizon: float,
    latest: Tensor,
    reached: Tensor,
) -> Arrivals:
    """Returns the users whom ``front`` reaches earlier than ``reached``, by cell, and updates ``reached``."""
    user = front.cell % edges.num_users
    start, stop = edges.ptr[user], edges.ptr[user + 1]
    cascade = front.cell // edges.num_users
    parts = []
    for rows in portions(stop - start, MAX_TRANSMISSIONS):
        edge, ptr = expand_ranges(start[rows], stop[rows])
        row = segment_ids(ptr) + rows.start
        uniform = uniforms(_at(key[cascade], row), _at(edges.number, edge))
        arrival = family.arrival(_at(front.arrival, row), uniform, _at(edges.weight, edge))
        # Late arrivals are left out first, because looking up the targets of edges and their arrivals is expensive.
        early = (family.time(arrival) <= horizon) & (arrival <= _at(latest[cascade], row))
        edge, row, arrival = _pick(early, edge, row, arrival)
        cell = _at(front.cell - user, row) + _at(edges.target, edge)
        cell, row, arrival = _pick(arrival < _at(reached, cell), cell, row, arrival)
        reached.scatter_reduce_(0, cell, arrival, "amin")
        cell, row, arrival = _pick(arrival == _at(reached, cell), cell, row, arrival)
        parts.append(Arrivals(cell, _at(front.cell, row), arrival))
    new = Arrivals.join(parts)
    new = new.current(reached)
    new = new.take(torch.argsort(new.cell, stable=True))
    # If arrivals are equal, the first transmission in the order of the edges is kept.
    first = torch.ones_like(new.cell, dtype=torch.bool)
    first[1:] = new.cell.diff() > 0
    return new.take(first)


def _in_order(found: Arrivals, num_users: int) -> Arrivals:
    """Sorts arrivals by cascade and time.

    Ties keep the order in which they were found, so that a parent comes before its child even if rounding makes a delay
    zero.
    """
    found = found.take(torch.argsort(found.arrival, stable=True))
    return found.take(torch.argsort(found.cell // num_users, stable=True))


def _pick(mask: Tensor, *columns: Tensor) -> tuple[Tensor, ...]:
    index = mask.nonzero().view(-1)
    return tuple(_at(column, index) for column in columns)


def _at(column: Tensor, index: Tensor) -> Tensor:
    """Returns ``column[index]``, several times as fast."""
    return column.index_select(0, index)
