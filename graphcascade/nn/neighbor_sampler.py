from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from graphcascade.data.segments import expand_ranges, segment_ids, segment_ptr
from graphcascade.errors import UsageError

__all__ = ["NeighborSampler"]


class NeighborSampler(nn.Module):
    """The incoming edges of the nodes of a graph, which it keeps sorted by their targets: all, or a few at random.

    The cost of a call depends on the nodes that are asked for and on their edges, not on the size of the graph.

    Args:
        num_nodes: Number of nodes ``N``.
        num_edges: Number of edges, which :meth:`set_edges` replaces.
        weighted: Whether edges have weights.
    """

    ptr: Tensor
    """Boundaries of the incoming edges of each node, ``[N + 1]`` int64."""
    source: Tensor
    """Where each edge begins, ``[E]`` int64."""
    weight: Tensor | None
    """Weight of each edge, ``[E]``, or ``None``."""
    total: Tensor
    """Total weight of the incoming edges of each node, ``[N]``; without weights their number."""

    def __init__(self, num_nodes: int, num_edges: int = 0, weighted: bool = False) -> None:
        super().__init__()
        self.num_nodes = num_nodes
        self.weighted = weighted
        self.register_buffer("ptr", torch.zeros(num_nodes + 1, dtype=torch.long))
        self.register_buffer("source", torch.zeros(num_edges, dtype=torch.long))
        self.register_buffer("weight", torch.zeros(num_edges) if weighted else None)
        self.register_buffer("total", torch.zeros(num_nodes))

    def set_edges(self, edge_index: Tensor, weight: Tensor | None = None) -> None:
        """Replaces the edges, ``[2, E]``, and their weights, ``[E]``."""
        source, target = edge_index.to(self.ptr.device)
        order = torch.argsort(target * self.num_nodes + source)
        degree = torch.bincount(target, minlength=self.num_nodes)
        self.ptr = segment_ptr(degree)
        self.source = source[order]
        self.weight = None if weight is None else weight.to(self.total)[order]
        self.weighted = weight is not None
        value = torch.ones_like(self.source, dtype=self.total.dtype) if self.weight is None else self.weight
        self.total = torch.zeros_like(self.total).index_add_(0, target[order], value)

    @property
    def num_edges(self) -> int:
        return self.source.numel()

    def edges(self, node: Tensor, fan_out: int | None = None) -> tuple[Tensor, Tensor]:
        """Returns incoming edges of nodes.

        Args:
            node: Nodes, ``[R]`` int64.
            fan_out: Largest number of edges of a node; if it has more, so many are drawn without replacement from
                torch's global random numbers. ``None`` for all edges.

        Returns:
            Numbers of the edges, ``[M]``, by which :attr:`source` and :attr:`weight` are looked up; and the position in
            ``node`` of each edge's target, ``[M]``.

        Raises:
            UsageError: ``fan_out`` is below 1.
        """
        if fan_out is not None and fan_out < 1:
            raise UsageError(argument="fan_out", value=fan_out, reason="must be at least 1, or None for all neighbours")
        start, degree = self.ptr[node], self.ptr[node + 1] - self.ptr[node]
        many = torch.zeros_like(degree, dtype=torch.bool) if fan_out is None else degree > fan_out
        edge, bounds = expand_ranges(start, torch.where(many, start, start + degree))
        row = segment_ids(bounds)
        if fan_out is None or not bool(many.any()):
            return edge, row
        hub = many.nonzero().view(-1)
        drawn = start[hub].unsqueeze(1) + _draw(degree[hub], fan_out)
        return torch.cat([edge, drawn.flatten()]), torch.cat([row, hub.repeat_interleave(fan_out)])

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        super()._load_from_state_dict(state_dict, prefix, *args)
        ptr, source = self.ptr, self.source
        broken = int(ptr[0]) != 0 or int(ptr[-1]) != source.numel() or bool((ptr.diff() < 0).any())
        if broken or (source.numel() and not 0 <= int(source.min()) <= int(source.max()) < self.num_nodes):
            raise UsageError(f"{prefix}ptr and {prefix}source are not edges between {self.num_nodes:,} nodes")

    def extra_repr(self) -> str:
        return f"{self.num_nodes}, num_edges={self.num_edges}, weighted={self.weighted}"


def _draw(count: Tensor, size: int) -> Tensor:
    """Draws ``size`` different numbers below each of the counts ``[R]``, which are larger than ``size``: ``[R, size]``.

    Floyd's algorithm: step ``i`` draws a number from 0 to ``count - size + i``, and takes this upper bound itself if
    the number was taken before.
    """
    drawn = count.new_empty(count.numel(), size)
    for step in range(size):
        bound = count - size + step
        uniform = torch.rand(count.numel(), dtype=torch.float64, device=count.device)
        number = (uniform * (bound + 1)).long().clamp_(max=bound)
        taken = (drawn[:, :step] == number.unsqueeze(1)).any(1)
        drawn[:, step] = torch.where(taken, bound, number)
    return drawn
