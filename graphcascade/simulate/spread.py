"""Earliest arrivals: the core of the simulator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from graphcascade.data.segments import expand_ranges, segment_ids, segment_positions, segment_ptr
from graphcascade.simulate.delays import DelayFamily
from graphcascade.simulate.out_edges import OutEdges
from graphcascade.simulate.uniforms import uniforms

__all__ = ["Events", "spread"]

MAX_TRANSMISSIONS = 1 << 21  # looked at together; about 200 MB
MANY = 32  # in the front of a cascade: fewer are not worth a round of their own


class Events(NamedTuple):
    """Events of several cascades, one after the other, each by time: cascade ``c`` has ``ptr[c]`` to ``ptr[c + 1]``."""

    user: Tensor
    time: Tensor
    parent: Tensor  # position within the cascade
    ptr: Tensor

    def take(self, row: Tensor, ptr: Tensor) -> Events:
        """The events ``row``, which are whole cascades or their beginnings, with the new boundaries ``ptr``."""
        return Events(self.user[row], self.time[row], self.parent[row], ptr)


class Arrivals(NamedTuple):
    """Infections found so far; a cell is ``cascade * num_users + user``."""

    cell: Tensor
    parent: Tensor  # cell of who infects
    arrival: Tensor

    def take(self, index: Tensor) -> Arrivals:
        """Those at ``index``, or those where a mask is true."""
        if index.dtype == torch.bool:
            index = index.nonzero().view(-1)  # once for all columns
        return Arrivals(self.cell[index], self.parent[index], self.arrival[index])

    def current(self, reached: Tensor) -> Arrivals:
        """Those that no earlier one has replaced since."""
        return self.take(self.arrival == reached[self.cell])

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
    """Lets cascades spread: a user is infected when the first transmission arrives.

    Infection times are shortest paths over random delays. All cascades advance together, by rounds: whoever was
    reached, or reached earlier than before, transmits along all edges, until nobody is reached earlier any more. With
    ``max_size`` a cascade ignores what arrives after its ``max_size``-th earliest arrival so far. Arrivals only get
    earlier and more, so this changes nothing about the first ``max_size``, and bounds the work of a round.

    Args:
        edges: The network.
        family: Distribution of the delays.
        source: First users of the cascades, ``[C]``, infected at time 0.
        key: Keys of the cascades' random numbers, ``[C]``; number ``m`` belongs to column ``m`` of ``edge_index``.
        horizon: Later infections do not happen.
        max_size: Only the first ``max_size`` infections are wanted.
        reached: Work space of ``C * num_users`` float64 or more, all infinite; it is left as it was.
    """
    count, num_users = source.numel(), edges.num_users
    cell = torch.arange(count) * num_users + source
    front = Arrivals(cell, cell, torch.zeros(count, dtype=torch.float64))
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
            cascade, first = _in_order(Arrivals.join(found), reached, num_users)
            ptr = segment_ptr(torch.bincount(cascade, minlength=count))
            full = (ptr.diff() >= max_size).nonzero().view(-1)
            latest[full] = first.arrival[ptr[full] + max_size - 1]
            found = [first.take(segment_positions(ptr) < max_size)]
            front = front.take(front.arrival <= latest[front.cell // num_users])

    cascade, events = _in_order(Arrivals.join(found), reached, num_users)
    ptr = segment_ptr(torch.bincount(cascade, minlength=count))
    # The arrivals are no longer needed: the work space now finds the position of a parent.
    reached[events.cell] = segment_positions(ptr).double()
    parent = reached[events.parent].long()
    reached[torch.cat(touched)] = float("inf")
    return Events(events.cell - cascade * num_users, family.time(events.arrival), parent, ptr)


def _split(front: Arrivals, count: int, num_users: int) -> tuple[Arrivals, Arrivals]:
    """Those who transmit now, and those who wait because they may yet be reached earlier, and transmit twice.

    If a cascade has many, those wait who come after the middle between its first arrival and the mean.
    """
    cascade = front.cell // num_users
    size = torch.bincount(cascade, minlength=count)
    mean = torch.bincount(cascade, front.arrival, minlength=count) / size
    first = torch.full_like(mean, float("inf")).scatter_reduce_(0, cascade, front.arrival, "amin")
    bound = torch.where(size > MANY, (first + mean) / 2, float("inf")).maximum(first)  # the first never waits
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
    """Those whom ``front`` reaches earlier than ``reached`` says, by cell; brings ``reached`` up to date."""
    user = front.cell % edges.num_users
    start, stop = edges.ptr[user], edges.ptr[user + 1]
    piece = segment_ptr(stop - start)[:-1] // MAX_TRANSMISSIONS
    parts = []
    for rows in torch.arange(user.numel()).split(torch.unique_consecutive(piece, return_counts=True)[1].tolist()):
        edge, ptr = expand_ranges(start[rows], stop[rows])
        row = rows[segment_ids(ptr)]
        cascade = front.cell[row] // edges.num_users
        arrival = family.arrival(front.arrival[row], uniforms(key[cascade], edges.number[edge]), edges.weight[edge])
        # Looking up whom an edge leads to, and when they were reached, costs most: first leave out what is too late.
        early = (family.time(arrival) <= horizon) & (arrival <= latest[cascade])
        edge, row, arrival = _pick(early, edge, row, arrival)
        cell = front.cell[row] - user[row] + edges.target[edge]
        cell, row, arrival = _pick(arrival < reached[cell], cell, row, arrival)
        reached.scatter_reduce_(0, cell, arrival, "amin")
        cell, row, arrival = _pick(arrival == reached[cell], cell, row, arrival)
        parts.append(Arrivals(cell, front.cell[row], arrival))
    new = Arrivals.join(parts)
    new = new.current(reached)
    new = new.take(torch.argsort(new.cell, stable=True))
    # Arrivals may be equal to the last bit: the first transmission in order of the edges then counts.
    first = torch.ones_like(new.cell, dtype=torch.bool)
    first[1:] = new.cell.diff() > 0
    return new.take(first)


def _in_order(found: Arrivals, reached: Tensor, num_users: int) -> tuple[Tensor, Arrivals]:
    """The arrivals that no earlier one has replaced, by cascade and time, and their cascades.

    Ties keep the order in which they were found, so that a parent stays before its child if a delay is lost in
    rounding.
    """
    found = found.current(reached)
    found = found.take(torch.argsort(found.arrival, stable=True))
    found = found.take(torch.argsort(found.cell // num_users, stable=True))
    return found.cell // num_users, found


def _pick(mask: Tensor, *columns: Tensor) -> tuple[Tensor, ...]:
    index = mask.nonzero().view(-1)
    return tuple(column[index] for column in columns)
