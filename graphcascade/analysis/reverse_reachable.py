"""Random reverse reachable sets, by which influence is estimated for all users together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from graphcascade.analysis.diffusion import Diffusion
from graphcascade.simulate.spread import spread
from graphcascade.simulate.uniforms import stream_keys

__all__ = ["ReverseReachable", "Sets"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

WORKSPACE = 1 << 26  # pairs of a set and a user that are marked at once, a byte each
TIMED_WORKSPACE = 1 << 24  # the same with times of arrival, eight bytes each
MAX_BATCH = 1 << 16  # sets that are grown together
FIRST_BATCH = 64  # sets of the first batch, from which the mean size is known
BATCH_MEMBERS = 1 << 22  # members that a batch should have at most
CERTAIN = 1 - 1e-12  # links of this probability or more are followed without a random number


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


class ReverseReachable:
    r"""Draws random reverse reachable sets.

    The set of a user :math:`v`, who is drawn uniformly, has the users from whom :math:`v` is reached in a random
    live-edge graph within the horizon. A set of users :math:`S` therefore has the expected spread
    :math:`U \cdot P(S \cap R \ne \emptyset)`, where :math:`U` is the number of users and :math:`R` a random set
    (`"Maximizing Social Influence in Nearly Optimal Time" <https://arxiv.org/abs/1212.0884>`_, Borgs et al., 2014).

    Batches of sets are grown together, level by level. In the independent cascade model, the live links that end at a
    user are drawn without looking at the others: a Poisson process on a line, on which the link :math:`e` takes the
    length :math:`-\log(1 - p_e)`, hits :math:`e` at least once with probability :math:`p_e`, independently. In the
    linear threshold model each user has at most one live link. In continuous time a set is a cascade on the reversed
    graph.

    Args:
        diffusion: The graph and the diffusion model.
        seed: Seed of the random numbers.
        stream: Number of the stream of random numbers; different streams are independent.
    """

    def __init__(self, diffusion: Diffusion, seed: int, stream: int) -> None:
        self.diffusion = diffusion
        self.random = np.random.default_rng([seed, stream])
        self.key_seed = int(self.random.integers(1 << 62))
        self.drawn = self.members = 0
        edges = diffusion.in_edges
        self.timed = diffusion.kind == "continuous_time"
        if self.timed:
            self.reached = torch.empty(0, dtype=torch.float64)
            return
        self.visited = np.zeros(0, dtype=bool)
        ptr, source = edges.ptr.numpy(), edges.target.numpy()
        weight = edges.weight.numpy()
        certain = weight >= CERTAIN if diffusion.kind == "independent_cascade" else np.zeros(weight.size, dtype=bool)
        user = np.repeat(np.arange(edges.num_users), np.diff(ptr))
        self.certain_source, self.certain_ptr = source[certain], _boundaries(user[certain], edges.num_users)
        self.source, self.ptr = source[~certain], _boundaries(user[~certain], edges.num_users)
        length = weight[~certain]
        if diffusion.kind == "independent_cascade":
            length = -np.log1p(-length)
        self.total = np.concatenate([[0.0], np.cumsum(length)])

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
        diffusion = self.diffusion
        cells = root.size * diffusion.num_users
        if self.reached.numel() < cells:
            self.reached = torch.full((cells,), float("inf"), dtype=torch.float64)
        key = stream_keys(self.key_seed, torch.arange(self.drawn, self.drawn + root.size))
        limit = diffusion.horizon / diffusion.scale
        events = spread(diffusion.in_edges, diffusion.family, torch.from_numpy(root), key, limit, None, self.reached)
        return Sets(events.user.numpy().astype(np.int32), events.ptr.numpy(), root)

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
            row, source = self._live(user)
            cell = (front - user)[row] + source
            front = np.unique(cell[~visited[cell]])
            visited[front] = True
            found.append(front)
            step += 1
        cell = np.concatenate(found)
        visited[cell] = False
        cell.sort()
        return Sets((cell % num_users).astype(np.int32), _boundaries(cell // num_users, root.size), root)

    def _live(self, user: Ints) -> tuple[Ints, Ints]:
        """Draws the live links that end at users.

        Returns:
            The position in ``user`` of the user where each live link ends, and the user where it starts.
        """
        low, high = self.ptr[user], self.ptr[user + 1]
        start = self.total[low]
        length = self.total[high] - start
        if self.diffusion.kind == "linear_threshold":
            point = self.random.random(user.size)
            row = np.flatnonzero(point < length)
            point = start[row] + point[row]
        else:
            row = np.repeat(np.arange(user.size), self.random.poisson(length))
            point = start[row] + length[row] * self.random.random(row.size)
        # Rounding must not lead to a link of another user.
        link = np.clip(np.searchsorted(self.total, point, side="right") - 1, low[row], high[row] - 1)
        source = self.source[link]
        if self.certain_source.size > 0:
            low, size = self.certain_ptr[user], self.certain_ptr[user + 1] - self.certain_ptr[user]
            more = np.repeat(np.arange(user.size), size)
            place = np.arange(more.size) - np.repeat(np.cumsum(size) - size, size)
            row, source = np.append(row, more), np.append(source, self.certain_source[low[more] + place])
        return row, source


def _boundaries(group: Ints, count: int) -> Ints:
    """Boundaries ``[count + 1]`` of the rows of each group, whose numbers are in increasing order."""
    return np.concatenate([[0], np.cumsum(np.bincount(group, minlength=count))])
