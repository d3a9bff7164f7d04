from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform

from graphcascade.data.segments import expand_ranges, segment_ids, segment_positions, segment_ptr
from graphcascade.data.sorted_keys import find_keys
from graphcascade.errors import DataError
from graphcascade.transforms.event_edges import cascade_ptr, set_edges

__all__ = ["FollowEdges"]


@functional_transform("follow_edges")
class FollowEdges(BaseTransform):
    """Adds edges to every event from the earlier events of its cascade whose users its own user follows.

    Sets ``edge_index`` ``[2, m]``, from event i to a later event k if the follow graph has an edge from the user of i
    to the user of k, sorted by target, then by source; an existing ``edge_index`` is replaced. Works on a cascade and
    on a batch; a transformed batch equals the batch of transformed cascades.

    The work for an event is proportional to the smaller of two numbers: the users that its user follows, and the events
    before it.

    Args:
        graph: ``edge_index`` from followee to follower over users; ``num_nodes`` is the number of users.
        self_loops: Whether to add an edge from each event to itself.

    Raises:
        DataError: A user of the graph or of a cascade is not in ``[0, num_nodes)``.

    Example:
        >>> graph = Data(edge_index=torch.tensor([[7, 3, 5], [3, 5, 7]]), num_nodes=8)
        >>> cascade = Cascade(torch.tensor([7, 3, 5]), torch.tensor([0.0, 1.0, 4.0], dtype=torch.float64))
        >>> FollowEdges(graph, self_loops=False)(cascade).edge_index
        tensor([[0, 1],
                [1, 2]])
    """

    def __init__(self, graph: Data, self_loops: bool = True) -> None:
        self.num_users = int(graph.num_nodes or 0)
        no_links = torch.empty(2, 0, dtype=torch.long)
        edge_index = no_links if graph.edge_index is None else graph.edge_index
        followee, follower = edge_index
        _check_range(edge_index, self.num_users, "the follow graph has an edge with user")
        self.self_loops = self_loops
        self._edge = (follower * self.num_users + followee).unique()  # sorted by follower, then followee
        self._followee = self._edge % self.num_users
        self._ptr = segment_ptr(torch.bincount(self._edge // self.num_users, minlength=self.num_users))

    def forward(self, data: Data) -> Data:
        ptr = cascade_ptr(data)
        user = data.user
        _check_range(user, self.num_users, "a cascade has user")
        position = segment_positions(ptr)
        event = torch.arange(user.numel(), device=user.device)
        follows = self._ptr.to(user.device).diff()[user]
        few = follows <= position
        edges = [self._by_followee(user, ptr, event[few]), self._by_event(user, event[~few], position[~few])]
        if self.self_loops:
            edges.append(torch.stack([event, event]))
        source, target = torch.cat(edges, dim=1)
        order = torch.argsort(target * user.numel() + source)
        set_edges(data, source[order], target[order], ptr)
        return data

    def _by_followee(self, user: Tensor, ptr: Tensor, event: Tensor) -> Tensor:
        """Returns the edges to ``event``, by looking up each followee of its user in the cascade."""
        start = self._ptr.to(user.device)
        row, row_ptr = expand_ranges(start[user[event]], start[user[event] + 1])
        target = torch.repeat_interleave(event, row_ptr.diff(), output_size=row.numel())
        cascade = segment_ids(ptr)
        present, at = torch.sort(cascade * self.num_users + user)
        source, found = find_keys(present, cascade[target] * self.num_users + self._followee.to(user.device)[row])
        source = at[source[found]]
        edges = torch.stack([source, target[found]])
        return edges[:, edges[0] < edges[1]]

    def _by_event(self, user: Tensor, event: Tensor, position: Tensor) -> Tensor:
        """Returns the edges to ``event``, by looking up each earlier event in the follow graph."""
        source, row_ptr = expand_ranges(event - position, event)
        target = torch.repeat_interleave(event, row_ptr.diff(), output_size=source.numel())
        _, found = find_keys(self._edge.to(user.device), user[target] * self.num_users + user[source])
        return torch.stack([source[found], target[found]])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.num_users:,} users, {self._edge.numel():,} edges)"


def _check_range(user: Tensor | None, num_users: int, problem: str) -> None:
    if user is None or user.numel() == 0:
        return
    low, high = int(user.min()), int(user.max())
    if low < 0 or high >= num_users:
        wrong = low if low < 0 else high
        raise DataError(f"FollowEdges: {problem} {wrong}, but the graph is over users 0 to {num_users - 1}.")
