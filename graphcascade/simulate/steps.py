"""Simulation of cascades in which time goes in steps: independent cascades and linear thresholds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from graphcascade.data.segments import portions
from graphcascade.simulate.out_edges import OutEdges
from graphcascade.simulate.spread import Events

__all__ = ["Floats", "Front", "Ints", "Links", "Transmissions", "first_users", "out_links", "spread_in_steps"]

MAX_LINKS = 1 << 16  # looked at together, few enough to stay near the processor's cache

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Front(NamedTuple):
    """Users infected in the last step, by cascade and in the order of their infection.

    Args:
        cascade: Their cascades, ``[F]``.
        user: Their numbers, ``[F]``.
        position: Their positions within the cascades, ``[F]``.
    """

    cascade: Ints
    user: Ints
    position: Ints


class Links(NamedTuple):
    """Outgoing links of some users in the front.

    Args:
        edge: Rows of the links in the :class:`OutEdges`, ``[L]``.
        users: The users, as a slice of the front.
        degree: Number of links of each of the users, whose sum is ``L``.
    """

    edge: Ints
    users: slice
    degree: Ints

    def repeat(self, value: Ints) -> Ints:
        """Repeats a value of each user in the front, ``[F]``, for each link of the user, ``[L]``."""
        return np.repeat(value[self.users], self.degree)


class Transmissions(NamedTuple):
    """Transmissions in a step to users who were not infected before; several may reach the same user.

    Args:
        sender: Row of the infecting user in the front, ``[T]``, ascending.
        cascade: The cascade, ``[T]``.
        user: The infected user, ``[T]``.
        order: Time within the step, ``[T]``. A user's parent is the sender of the earliest transmission, and users are
            infected in this order.
    """

    sender: Ints
    cascade: Ints
    user: Ints
    order: Floats

    @staticmethod
    def join(parts: list[Transmissions]) -> Transmissions:
        return Transmissions(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def first_users(source: Tensor) -> Front:
    """Returns the first users of cascades from their sources ``[C]`` or ``[C, S]``."""
    count, starts = source.view(source.size(0), -1).shape
    return Front(
        cascade=np.repeat(np.arange(count), starts),
        user=source.reshape(-1).numpy(),
        position=np.tile(np.arange(starts), count),
    )


def out_links(edges: OutEdges, user: Ints) -> Iterator[Links]:
    """Yields the outgoing links of users, in portions of at most ``MAX_LINKS``; a user is not divided."""
    ptr = edges.ptr.numpy()
    start = ptr.take(user)
    degree = ptr.take(user + 1) - start
    for users in portions(torch.from_numpy(degree), MAX_LINKS):
        size = degree[users]
        end = np.cumsum(size)
        edge = np.repeat(start[users] - end + size, size)
        edge += np.arange(edge.size)
        yield Links(edge, users, size)


def spread_in_steps(
    transmit: Callable[[Front, int], Transmissions],
    source: Tensor,
    num_users: int,
    horizon: float,
    max_size: int | None,
) -> Events:
    """Simulates cascades together, step by step, until no user was infected in the last step.

    Args:
        transmit: Returns the transmissions from the users infected in the last step, given the number of this step.
        source: First users of the cascades, ``[C]``, or several of each, ``[C, S]``, infected at time 0.
        num_users: Number of users of the network.
        horizon: Number of steps after which cascades end.
        max_size: Number of users to simulate in each cascade, or ``None`` for all.
    """
    count = source.size(0)
    front = first_users(source)
    size: Ints = np.bincount(front.cascade, minlength=count)
    found, parents = [front], [front.position]
    while front.user.size > 0 and len(found) <= horizon:
        cascade, user, sender = _earliest(transmit(front, len(found)), num_users)
        new = np.bincount(cascade, minlength=count)
        row_of_first = np.cumsum(new) - new
        position = size[cascade] + np.arange(user.size) - row_of_first[cascade]
        size += new
        found.append(Front(cascade, user, position))
        parents.append(front.position.take(sender))
        front = found[-1]
        if max_size is not None:
            growing = np.flatnonzero(size[front.cascade] < max_size)
            front = Front(*(column.take(growing) for column in front))
    return _to_events(found, np.concatenate(parents), size, max_size)


def _earliest(transmissions: Transmissions, num_users: int) -> tuple[Ints, Ints, Ints]:
    """Returns cascade, user and sender of the earliest transmission to each user, by cascade and in their order."""
    by_order = np.argsort(transmissions.order, kind="stable")
    sender, cascade, user = (column.take(by_order) for column in transmissions[:3])
    cell = cascade * num_users + user
    by_user = _rows_by_group(cell)
    earliest = by_user[np.diff(cell.take(by_user), prepend=-1) > 0]
    earliest.sort()
    earliest = earliest.take(_rows_by_group(cascade.take(earliest)))
    return cascade.take(earliest), user.take(earliest), sender.take(earliest)


def _rows_by_group(group: Ints) -> Ints:
    """Returns the rows in the order of a stable sort by group, where a group and a row fit in 63 bits together.

    Numbers that consist of both are sorted several times as fast as ``numpy.argsort`` sorts the groups.
    """
    bits = group.size.bit_length()
    return np.sort((group << bits) | np.arange(group.size)) & ((1 << bits) - 1)


def _to_events(found: list[Front], parent: Ints, size: Ints, max_size: int | None) -> Events:
    """Puts the users found in each step, and the positions of their parents, in the order of the cascades."""
    time = np.repeat(np.arange(len(found), dtype=np.float64), [front.user.size for front in found])
    cascade, user, position = (np.concatenate(column) for column in zip(*found, strict=True))
    if max_size is not None:
        kept = np.flatnonzero(position < max_size)
        cascade, user, position, parent = (column.take(kept) for column in (cascade, user, position, parent))
        time = time.take(kept)
        size = np.minimum(size, max_size)
    ptr = np.concatenate([[0], np.cumsum(size)])
    row = np.empty_like(user)
    row[ptr.take(cascade) + position] = np.arange(user.size)
    return Events(*(torch.from_numpy(column) for column in (user.take(row), time.take(row), parent.take(row), ptr)))
