"""Random reverse reachable sets, by which influence is estimated for all users together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from graphcascade.analysis.diffusion import Diffusion
from graphcascade.data.segments import expand_ranges, segment_ids
from graphcascade.simulate.out_edges import OutEdges

__all__ = ["ReverseReachable", "Sets"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

WORKSPACE = 1 << 26  # pairs of a set and a user that are marked at once, a byte each
TIMED_WORKSPACE = 1 << 25  # the same with the number of an arrival, four bytes each
MAX_BATCH = 1 << 16  # sets that are grown together
FIRST_BATCH = 64  # sets of the first batch, from which the mean size is known
BATCH_MEMBERS = 1 << 22  # members that a batch should have at most
LIKELY = 2.0  # a link that would be hit more often than this by the Poisson process has a random number of its own


class Sets(NamedTuple):
    """Reverse reachable sets: set ``i`` has the members ``user[ptr[i]]`` to ``user[ptr[i + 1]]``.

    Args:
        user: Members, ``[E]`` int32.
        ptr: Boundaries of the sets, ``[N + 1]`` int64.
        root: Users whom the members reach, ``[N]`` int64.
    """

    user: npt.NDArray[np.int32]
    ptr: Ints
    root: Ints

    @property
    def num_sets(self) -> int:
        return self.ptr.size - 1

    @staticmethod
    def join(parts: list[Sets]) -> Sets:
        size = np.concatenate([np.diff(part.ptr) for part in parts])
        user, root = (np.concatenate([part[field] for part in parts]) for field in (0, 2))
        return Sets(user, np.concatenate([[0], np.cumsum(size)]), root)


class Links(NamedTuple):
    """Some of the links, by the users where they end: user ``v`` has the links ``ptr[v]`` to ``ptr[v + 1]``.

    Args:
        ptr: Boundaries, ``[U + 1]`` int64.
        source: Users where the links start, ``[M']`` int64.
        weight: Parameters of the delays, ``[M']`` float64.
    """

    ptr: Ints
    source: Ints
    weight: Floats

    @classmethod
    def select(cls, edges: OutEdges, user: Ints, chosen: npt.NDArray[np.bool_]) -> Links:
        """Selects the chosen of the edges, which end at ``user``."""
        ptr = _boundaries(user[chosen], edges.num_users)
        return cls(ptr, edges.target.numpy()[chosen], edges.weight.numpy()[chosen])


class ReverseReachable:
    r"""Draws random reverse reachable sets.

    The set of a user :math:`v`, who is drawn uniformly, has the users from whom :math:`v` is reached in a random
    live-edge graph within the horizon. A set of users :math:`S` therefore has the expected spread
    :math:`U \cdot P(S \cap R \ne \emptyset)`, where :math:`U` is the number of users and :math:`R` a random set
    (`"Maximizing Social Influence in Nearly Optimal Time" <https://arxiv.org/abs/1212.0884>`_, Borgs et al., 2014).

    Batches of sets are grown together, level by level. The live links that end at a user are drawn without looking at
    the others. On a line, the link :math:`e` takes the length :math:`-\log S_e(T)`, where :math:`S_e(T)` is the
    probability that its delay exceeds the horizon: a Poisson process on the line hits it at least once with
    probability :math:`1 - S_e(T)`, independently of other links. A hit at :math:`x` from the start of the link has the
    delay :math:`S_e^{-1}(e^{-x})`, and that of its first hit is distributed as it should be. In the independent cascade
    model, :math:`S_e(T) = 1 - p_e`. In the linear threshold model each user has at most one live link.

    Args:
        diffusion: The graph and the diffusion model.
        seed: Seed of the random numbers.
        stream: Number of the stream of random numbers; different streams are independent.
    """

    def __init__(self, diffusion: Diffusion, seed: int, stream: int) -> None:
        self.diffusion = diffusion
        self.random = np.random.default_rng([seed, stream])
        self.drawn = self.members = 0
        self.timed = diffusion.kind == "continuous_time"
        self.limit = diffusion.horizon / diffusion.scale
        # Whether a user is in a set; in continuous time, the number of the user's arrival in the batch, or -1.
        self.visited: npt.NDArray[np.bool_] = np.zeros(0, dtype=bool)
        self.number: npt.NDArray[np.int32] = np.zeros(0, dtype=np.int32)
        edges = diffusion.in_edges
        if diffusion.kind == "linear_threshold":
            length: Floats = edges.weight.numpy()
            likely: npt.NDArray[np.bool_] = np.zeros(edges.num_edges, dtype=bool)
        else:
            delay = edges.weight.new_tensor(self.limit)
            length = -diffusion.family.log_survival(delay, edges.weight).numpy()
            likely = length > LIKELY
        user = np.repeat(np.arange(edges.num_users), edges.ptr.diff().numpy())
        self.links = Links.select(edges, user, ~likely)
        self.likely = Links.select(edges, user, likely)
        self.total = np.concatenate([[0.0], np.cumsum(length[~likely])])

    def draw(self, count: int) -> Sets:
        """Draws the next ``count`` sets."""
        parts: list[Sets] = []
        num_users = self.diffusion.num_users
        room = max(1, (TIMED_WORKSPACE if self.timed else WORKSPACE) // num_users)
        while count > 0:
            expected = BATCH_MEMBERS * self.drawn // self.members if self.members else FIRST_BATCH
            size = max(1, min(count, room, MAX_BATCH, expected))
            root = self.random.integers(num_users, size=size)
            part = self._timed_batch(root) if self.timed else self._batch(root)
            parts.append(part)
            self.drawn += size
            self.members += part.user.size
            count -= size
        return Sets.join(parts)

    def _timed_batch(self, root: Ints) -> Sets:
        """Grows sets in continuous time: members whose arrival becomes earlier follow their live links again."""
        num_users = self.diffusion.num_users
        if self.number.size < root.size * num_users:
            self.number = np.full(root.size * num_users, -1, dtype=np.int32)
        number = self.number
        # By the number of the arrival: which user of which set arrives when, and the range of the user's live links.
        cell: Ints = np.arange(root.size) * num_users + root
        time: Floats = np.zeros(root.size)
        begin: Ints = np.full(root.size, -1)
        end: Ints = begin.copy()
        # By the number of the live link.
        ends: Ints = np.zeros(0, dtype=np.int64)
        delays: Floats = np.zeros(0)
        front: Ints = np.arange(root.size)
        number[cell] = front
        while front.size > 0:
            fresh = front[begin[front] < 0]
            user = cell[fresh] % num_users
            row, source, delay = self._live(user)
            order = np.argsort(row, kind="stable")
            ptr = ends.size + _boundaries(row, user.size)
            begin[fresh], end[fresh] = ptr[:-1], ptr[1:]
            ends = np.append(ends, ((cell[fresh] - user)[row] + source)[order])
            delays = np.append(delays, delay[order])
            row, link = _expand(begin[front], end[front])
            arrival = time[front][row] + delays[link]
            early = np.flatnonzero(arrival <= self.limit)
            reached, arrival = ends[link[early]], arrival[early]
            new = np.unique(reached[number[reached] < 0])
            number[new] = np.arange(cell.size, cell.size + new.size)
            cell, time = np.append(cell, new), np.append(time, np.full(new.size, np.inf))
            begin, end = np.append(begin, np.full(new.size, -1)), np.append(end, np.full(new.size, -1))
            place = number[reached]
            earlier = np.flatnonzero(arrival < time[place])
            np.minimum.at(time, place[earlier], arrival[earlier])
            front = np.unique(place[earlier])
        number[cell] = -1
        cell.sort()
        return Sets((cell % num_users).astype(np.int32), _boundaries(cell // num_users, root.size), root)

    def _batch(self, root: Ints) -> Sets:
        num_users = self.diffusion.num_users
        if self.visited.size < root.size * num_users:
            self.visited = np.zeros(root.size * num_users, dtype=bool)
        visited = self.visited
        front = np.arange(root.size) * num_users + root
        visited[front] = True
        found, step = [front], 0
        while front.size > 0 and step + 1 <= self.diffusion.horizon:
            user = front % num_users
            row, source, _ = self._live(user)
            cell = (front - user)[row] + source
            front = np.unique(cell[~visited[cell]])
            visited[front] = True
            found.append(front)
            step += 1
        cell = np.concatenate(found)
        visited[cell] = False
        cell.sort()
        return Sets((cell % num_users).astype(np.int32), _boundaries(cell // num_users, root.size), root)

    def _live(self, user: Ints) -> tuple[Ints, Ints, Floats]:
        """Draws the live links that end at users.

        Returns:
            For each live link, the position in ``user`` of the user where it ends, the user where it starts, and its
            delay; a link may be drawn several times. The delay is computed in continuous time only.
        """
        links, likely = self.links, self.likely
        low, high = links.ptr[user], links.ptr[user + 1]
        start = self.total[low]
        length = self.total[high] - start
        if self.diffusion.kind == "linear_threshold":
            threshold = self.random.random(user.size)
            row: Ints = np.flatnonzero(threshold < length)
            point: Floats = start[row] + threshold[row]
        else:
            row = np.repeat(np.arange(user.size), self.random.poisson(length))
            point = start[row] + length[row] * self.random.random(row.size)
        # Rounding must not lead to a link of another user.
        link = np.clip(np.searchsorted(self.total, point, side="right") - 1, low[row], high[row] - 1)
        source = links.source[link]
        delay: Floats = np.zeros(0)
        if self.timed:
            delay = self._delays(np.exp(self.total[link] - point), links.weight[link])
        if likely.source.size > 0:
            more, link = _expand(likely.ptr[user], likely.ptr[user + 1])
            drawn = self._delays(self.random.random(link.size), likely.weight[link])
            live = np.flatnonzero((drawn <= self.limit) & (drawn < np.inf))
            row, source = np.append(row, more[live]), np.append(source, likely.source[link[live]])
            delay = np.append(delay, drawn[live])
        return row, source, delay

    def _delays(self, survival: Floats, weight: Floats) -> Floats:
        # A survival of 0 would be an infinite delay.
        survival = survival.clip(2.0**-60, 1.0)
        delay = self.diffusion.family.inverse_survival(torch.from_numpy(survival), torch.from_numpy(weight))
        return np.asarray(delay.numpy())


def _expand(start: Ints, stop: Ints) -> tuple[Ints, Ints]:
    """Concatenates ranges; returns the position of the range and the number for each entry."""
    number, ptr = expand_ranges(torch.from_numpy(start), torch.from_numpy(stop))
    return segment_ids(ptr).numpy(), number.numpy()


def _boundaries(group: Ints, count: int) -> Ints:
    """Boundaries ``[count + 1]`` of the rows of each group when they are sorted by group."""
    return np.concatenate([[0], np.cumsum(np.bincount(group, minlength=count))])
