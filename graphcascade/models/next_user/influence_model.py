from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, Literal

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.segments import expand_ranges, portions, segment_ids
from graphcascade.data.sorted_keys import find_keys
from graphcascade.errors import DataError, UsageError
from graphcascade.models.next_user.counting_model import CountingModel

__all__ = ["InfluenceModel", "InfluenceScore"]

InfluenceScore = Literal["decay", "hazard"]
LINKS_PER_CHUNK = 2**22  # links of events that are processed at a time, which bounds the memory


class InfluenceModel(CountingModel):
    """Base class of :class:`CTBernoulli` and :class:`CTJaccard`: influence along the links of a follow graph.

    The training cascades need a follow graph; for simulated cascades, the network they spread on is used without one.

    Args:
        num_users: Number of users.
        score: How users are scored by these influences; see :class:`CTBernoulli`.

    Raises:
        UsageError: ``score`` is neither of these.
    """

    edge_index: Tensor
    """Links along which a training cascade spread, sorted, ``[2, M]``."""
    chance: Tensor
    """Probability of each link, ``[M]`` float64."""
    delay: Tensor
    """Mean delay along each link, ``[M]`` float64, positive."""

    def __init__(self, num_users: int, score: InfluenceScore = "decay") -> None:
        super().__init__(num_users)
        self.score = score
        self.register_buffer("edge_index", torch.empty(2, 0, dtype=torch.long))
        self.register_buffer("chance", torch.empty(0, dtype=torch.float64))
        self.register_buffer("delay", torch.empty(0, dtype=torch.float64))

    @abstractmethod
    def _probability(self, spread: Tensor, source: Tensor, target: Tensor, together: Tensor) -> Tensor:
        """Computes the probabilities of links, ``[M]``.

        Args:
            spread: Number of cascades that spread along each link, ``[M]``.
            source: Number of cascades with its source, ``[M]``.
            target: Number of cascades with its target, ``[M]``.
            together: Number of cascades with both, ``[M]``.
        """

    def _count(self, table: CascadeTable) -> None:
        graph = table.true_graph if table.follow_graph is None else table.follow_graph
        if graph is None or graph.edge_index is None:
            raise UsageError(
                value=type(self).__name__,
                reason=f"{table.name} has no follow graph; read one with the cascades, as in",
                remedy=("follow_graph", "follows.csv"),
            )
        users = self.num_users
        links = graph.edge_index[0] * users + graph.edge_index[1]
        links = links[graph.edge_index[0] != graph.edge_index[1]].unique()
        source, target = links // users, links % users
        ptr = torch.searchsorted(source, torch.arange(users + 1))
        cascade = segment_ids(table.ptr)
        event_keys, event_of_key = (cascade * users + table.user).sort()
        spread, together, delay = (torch.zeros(links.numel(), dtype=torch.float64) for _ in range(3))
        for event, link in _event_links(table.user, ptr):
            target_keys = cascade[event] * users + target[link]
            match, is_match = find_keys(event_keys, target_keys)
            link, event, other = link[is_match], event[is_match], event_of_key[match[is_match]]
            together.index_add_(0, link, torch.ones_like(link, dtype=torch.float64))
            later = other > event
            link, gap = link[later], (table.time[other] - table.time[event])[later]
            spread.index_add_(0, link, torch.ones_like(gap))
            delay.index_add_(0, link, gap)
        kept = spread > 0
        if not bool(kept.any()):
            raise DataError(f"{table.name}: in no cascade does a user come after a user whom they follow.")
        source, target, spread, together, delay = (part[kept] for part in (source, target, spread, together, delay))
        self.edge_index = torch.stack([source, target])
        self.chance = self._probability(spread, self.frequency[source], self.frequency[target], together)
        mean = delay / spread
        shortest = mean[mean > 0].min() if bool((mean > 0).any()) else mean.new_ones(())
        self.delay = mean.clamp(min=shortest)

    def scores(self, batch: Data, rows: Tensor | None = None) -> Tensor:
        user, time, cascades = batch["user"].clamp(max=self.num_users), batch["time"], batch["ptr"]
        rows = torch.arange(user.numel()) if rows is None else rows
        ptr = torch.searchsorted(self.edge_index[0].contiguous(), torch.arange(self.num_users + 2))
        source, event_ptr = expand_ranges(cascades[:-1][segment_ids(cascades)][rows], rows + 1)
        now = segment_ids(event_ptr)  # row of each event
        score = torch.zeros(rows.numel() * self.num_users, dtype=torch.float64)
        for pair, link in _event_links(user[source], ptr):
            if self.score == "hazard":
                value = self.chance[link] / self.delay[link]
            else:
                age = time[rows[now[pair]]] - time[source[pair]]
                chance = self.chance[link] * torch.exp(-age / self.delay[link])
                value = -torch.log1p(-chance.clamp(max=1 - 1e-12))
            score.index_add_(0, now[pair] * self.num_users + self.edge_index[1, link], value)
        score = score.view(-1, self.num_users)
        known = user[source] < self.num_users
        score[now[known], user[source[known]]] = 0
        return score

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        # The number of links is only known from the state dict.
        for name in ("edge_index", "chance", "delay"):
            if prefix + name in state_dict:
                setattr(self, name, torch.empty_like(state_dict[prefix + name]))
        super()._load_from_state_dict(state_dict, prefix, *args)


def _event_links(user: Tensor, ptr: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Yields events and the links of their users, some at a time; ``ptr`` has the boundaries of each user's links."""
    for rows in portions(ptr[user + 1] - ptr[user], LINKS_PER_CHUNK):
        link, event_ptr = expand_ranges(ptr[user[rows]], ptr[user[rows] + 1])
        yield segment_ids(event_ptr) + rows.start, link
