from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.utils import sort_edge_index

from graphcascade.errors import UsageError

__all__ = ["random_walks"]


def random_walks(graph: Data, start: Tensor, length: int, generator: torch.Generator | None = None) -> Tensor:
    """Draws uniform random walks along the edges.

    Args:
        graph: ``edge_index`` and ``num_nodes``; edges are followed from source to target.
        start: Where each walk starts, ``[W]`` int64.
        length: Number of nodes in a walk.
        generator: Source of randomness.

    Returns:
        Walks ``[W, length]`` int64; -1 after a node without outgoing edges.

    Raises:
        UsageError: ``length`` is below 1.
    """
    if length < 1:
        raise UsageError(argument="length", value=length, reason="must be at least 1")
    return walk(adjacency_lists(graph), start, length, generator)


def adjacency_lists(graph: Data) -> tuple[Tensor, Tensor, Tensor]:
    """Returns the targets of all edges sorted by source and a final -1, and each node's first position and number."""
    num_nodes = int(graph.num_nodes or 0)
    edge_index = torch.empty(2, 0, dtype=torch.long) if graph.edge_index is None else graph.edge_index
    source, target = sort_edge_index(edge_index, num_nodes=num_nodes)
    degree = torch.bincount(source, minlength=num_nodes)
    return torch.cat([target, target.new_full((1,), -1)]), degree.cumsum(0) - degree, degree


def walk(
    graph: tuple[Tensor, Tensor, Tensor], start: Tensor, length: int, generator: torch.Generator | None = None
) -> Tensor:
    """Draws walks like :func:`random_walks` on the result of :func:`adjacency_lists`, so that edges are sorted once."""
    target, first, degree = graph
    walks = start.new_full((start.numel(), length), -1)
    walks[:, 0] = node = start
    for step in range(1, length):
        choices = degree[node] * (node >= 0)
        chosen = (torch.rand(node.numel(), generator=generator, dtype=torch.float64) * choices).long()
        node = target[torch.where(choices > 0, first[node] + chosen, target.numel() - 1)]
        walks[:, step] = node
    return walks
