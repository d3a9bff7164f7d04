"""Random live-edge graphs, on which the spread of users is counted."""

from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.analysis.diffusion import Diffusion
from graphcascade.data.segments import expand_ranges, segment_ids, segment_ptr
from graphcascade.errors import UsageError
from graphcascade.simulate.linear_threshold import thresholds
from graphcascade.simulate.uniforms import stream_keys, uniforms

__all__ = ["LiveEdges"]

MAX_DRAWS = 1 << 21  # random numbers that are drawn together; about 100 MB with all that is computed from them
MAX_ENTRIES = 1 << 26  # live edges, and pairs of a graph and a user; about 1 GB each
WORKSPACE = 1 << 24  # pairs of a user to try, a graph and a user, eight bytes each
MAX_BATCH = 64  # users that are tried together


class LiveEdges:
    r"""Live-edge graphs, drawn once, and the users whom chosen seeds infect on each of them.

    In a live-edge graph every edge has a delay, which is infinite if it does not transmit. A user is infected if a path
    from a seed is not longer than the horizon (`"Maximizing the Spread of Influence through a Social Network"
    <https://doi.org/10.1145/956750.956769>`_, Kempe, Kleinberg and Tardos, 2003, for the independent cascade and linear
    threshold models; `"Scalable Influence Estimation in Continuous-Time Diffusion Networks"
    <https://arxiv.org/abs/1311.3669>`_, Du et al., 2013, for continuous time).

    Delays are the same functions of the seed, the number of the graph and the edge as in
    :func:`~graphcascade.simulate.simulate_cascades`: the graph ``i`` is the one on which cascade ``i`` spreads there.
    With linear thresholds, only the distributions are equal, as Kempe, Kleinberg and Tardos show.

    Args:
        diffusion: The graph and the diffusion model.
        count: Number of live-edge graphs.
        seed: Seed of the random numbers.
        first: Number of the first live-edge graph.

    Raises:
        UsageError: The live-edge graphs would fill the memory.
    """

    def __init__(self, diffusion: Diffusion, count: int, seed: int, first: int = 0) -> None:
        self.num_users, self.count = diffusion.num_users, count
        self.cells = self.num_users * count
        self.limit = diffusion.horizon / diffusion.scale
        threshold = diffusion.kind == "linear_threshold"
        draw = self._draw_thresholds if threshold else self._draw_delays
        draws = self.num_users if threshold else max(1, diffusion.out_edges.num_edges)
        parts: list[tuple[Tensor, Tensor, Tensor]] = []
        links, chunk = 0, max(1, MAX_DRAWS // draws)
        self._check_memory(self.cells)
        keys = stream_keys(seed, torch.arange(first, first + count))
        for graph in torch.arange(count).split(chunk):
            parts.append(draw(diffusion, keys[graph], graph))
            links += parts[-1][0].numel()
            self._check_memory(links * count // (int(graph[-1]) + 1))
        source, self.target, self.delay = (torch.cat(column) for column in zip(*parts, strict=True))
        self.ptr = segment_ptr(torch.bincount(source, minlength=self.cells))
        if self.limit == float("inf"):
            self.delay.zero_()  # only who is reached matters
        self.batch = max(1, min(MAX_BATCH, WORKSPACE // self.cells))
        # When the chosen seeds infect each user of each graph; and a copy for each user who is tried.
        self.arrival = torch.full((self.cells,), float("inf"), dtype=torch.float64)
        self.trial = self.arrival.repeat(self.batch)

    def _check_memory(self, entries: int) -> None:
        if entries > MAX_ENTRIES:
            raise UsageError(
                argument="simulations",
                value=self.count,
                reason=f"so many live-edge graphs of {self.num_users:,} users would have about {entries:,} entries in "
                f"memory, and at most {MAX_ENTRIES:,} are allowed; lower it, or use reverse reachable sets, which need "
                "less memory and time:",
                remedy=("algorithm", "reverse_reachable"),
            )

    def _draw_delays(self, diffusion: Diffusion, key: Tensor, graph: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        edges = diffusion.out_edges
        uniform = uniforms(key.repeat_interleave(edges.num_edges), edges.number.repeat(key.numel()))
        delay = diffusion.family.inverse_survival(uniform, edges.weight.repeat(key.numel()))
        live = ((delay <= self.limit) & delay.isfinite()).nonzero().view(-1)
        edge, offset = live % edges.num_edges, graph[live // edges.num_edges] * self.num_users
        return offset + segment_ids(edges.ptr)[edge], edges.target[edge], delay[live]

    def _draw_thresholds(self, diffusion: Diffusion, key: Tensor, graph: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Draws at most one live edge that ends at each user: the edge of weight ``b`` with probability ``b``."""
        edges = diffusion.in_edges
        user = torch.arange(self.num_users)
        total = torch.cat([edges.weight.new_zeros(1), edges.weight.cumsum(0)])
        low, high = total[edges.ptr[:-1]], total[edges.ptr[1:]]
        point = thresholds(key.repeat_interleave(self.num_users), user.repeat(key.numel()))
        live = (point < (high - low).repeat(key.numel())).nonzero().view(-1)
        child = live % self.num_users
        edge = torch.searchsorted(total, low[child] + point[live], right=True) - 1
        edge = edge.clamp(min=edges.ptr[child], max=edges.ptr[child + 1] - 1)
        source = graph[live // self.num_users] * self.num_users + edges.target[edge]
        order = torch.argsort(source, stable=True)
        return source[order], child[order], torch.ones(order.numel(), dtype=torch.float64)

    def gains(self, users: Tensor) -> Tensor:
        """Counts how many more users each of several users infects than the chosen seeds, on all live-edge graphs.

        Args:
            users: Users to try, one by one, ``[B]`` int64, with ``B`` of at most :attr:`batch`.

        Returns:
            Numbers of users, summed over the graphs, ``[B]`` int64.
        """
        touched = self._try(users)
        place = touched % self.cells
        before = self.arrival[place]
        gain = torch.bincount((touched // self.cells)[before.isinf()], minlength=users.numel())
        self.trial[touched] = before
        return gain

    def add(self, user: int) -> Tensor:
        """Adds a seed, and returns how many more users are infected on each live-edge graph, ``[count]`` int64."""
        touched = self._try(torch.tensor([user]))
        new = touched[self.arrival[touched].isinf()]
        self.arrival[touched] = self.trial[touched]
        self.trial.view(self.batch, self.cells)[:, touched] = self.arrival[touched]
        return torch.bincount(new // self.num_users, minlength=self.count)

    def _try(self, users: Tensor) -> Tensor:
        """Lets each user infect others in a copy of the arrivals, and returns the places that become earlier."""
        offset = torch.arange(self.count) * self.num_users
        front = (torch.arange(users.numel()).view(-1, 1) * self.cells + offset + users.view(-1, 1)).view(-1)
        front = front[self.trial[front] > 0]
        self.trial[front] = 0.0
        touched = [front]
        while front.numel() > 0:
            place = front % self.cells
            link, ptr = expand_ranges(self.ptr[place], self.ptr[place + 1])
            row = segment_ids(ptr)
            sender = front[row]
            arrival = self.trial[sender] + self.delay[link]
            place = place[row]
            cell = sender - place % self.num_users + self.target[link]
            earlier = ((arrival <= self.limit) & (arrival < self.trial[cell])).nonzero().view(-1)
            cell = cell[earlier]
            self.trial.scatter_reduce_(0, cell, arrival[earlier], "amin")
            front = cell.unique()
            touched.append(front)
        places: Tensor = torch.cat(touched).unique()
        return places
