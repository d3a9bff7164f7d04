from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.utils import sort_edge_index

from graphcascade.errors import UsageError

__all__ = ["random_walks"]


def random_walks(graph: Data, start: Tensor, length: int, generator: torch.Generator | None = None) -> Tensor:
    """Uniform random walks along the edges, all in step.

    Args:
        graph: ``edge_index`` and ``num_nodes``; edges are followed from source to target.
        start: Where each walk starts, ``[W]`` int64.
        length: Nodes of a walk.
        generator: Source of randomness.

    Returns:
        Walks ``[W, length]`` int64; -1 after a node from which no edge leads on.

    Raises:
        UsageError: A length below 1.
    """
    if length < 1:
        raise UsageError(f"length={length}: must be at least 1.")
    return walk(neighbours(graph), start, length, generator)


def neighbours(graph: Data) -> tuple[Tensor, Tensor, Tensor]:
    """Targets of all edges by source with a -1 after them, and each node's first and number of them."""
    num_nodes = int(graph.num_nodes or 0)
    edge_index = torch.empty(2, 0, dtype=torch.long) if graph.edge_index is None else graph.edge_index
    source, target = sort_edge_index(edge_index, num_nodes=num_nodes)
    degree = torch.bincount(source, minlength=num_nodes)
    return torch.cat([target, target.new_full((1,), -1)]), degree.cumsum(0) - degree, degree


def walk(
    graph: tuple[Tensor, Tensor, Tensor], start: Tensor, length: int, generator: torch.Generator | None = None
) -> Tensor:
    """As :func:`random_walks`, along what :func:`neighbours` returned, so that many walks need one sorting."""
    target, first, degree = graph
    walks = start.new_full((start.numel(), length), -1)
    walks[:, 0] = node = start
    for step in range(1, length):
        choices = degree[node] * (node >= 0)
        chosen = (torch.rand(node.numel(), generator=generator, dtype=torch.float64) * choices).long()
        node = target[torch.where(choices > 0, first[node] + chosen, target.numel() - 1)]
        walks[:, step] = node
    return walks
