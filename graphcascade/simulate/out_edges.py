from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.data.segments import segment_ptr
from graphcascade.errors import DataError, UsageError
from graphcascade.simulate.delays import DelayFamily

__all__ = ["OutEdges"]


class OutEdges(NamedTuple):
    """Edges of a graph, grouped by the user where they start: user ``v`` has the edges ``ptr[v]`` to ``ptr[v + 1]``.

    Args:
        ptr: Boundaries of the users' edges, ``[U + 1]`` int64.
        target: Users where the edges end, ``[M]`` int64.
        weight: Parameters of the edges' delays, ``[M]`` float64, positive.
        number: Columns of the edges in the graph's ``edge_index``, ``[M]`` int64.
    """

    ptr: Tensor
    target: Tensor
    weight: Tensor
    number: Tensor

    @property
    def num_users(self) -> int:
        return self.ptr.numel() - 1

    @property
    def num_edges(self) -> int:
        return self.target.numel()

    @classmethod
    def from_graph(cls, graph: Data, family: DelayFamily) -> OutEdges:
        """Checks a graph and sorts its edges; loops and edges of weight 0, which never transmit, are left out.

        Raises:
            UsageError: There are no users, edges or weights; the number of weights is not the number of edges.
            DataError: An edge has an unknown user; a weight is not valid for the family of delays.
        """
        edge_index, weight, num_users = graph.edge_index, graph.get("edge_weight"), graph.num_nodes
        if edge_index is None or not num_users:
            raise UsageError(argument="graph", reason="needs edge_index [2, M], and num_nodes of at least 1")
        if weight is None:
            raise UsageError(
                argument="graph",
                reason=f"has no edge_weight, which is the {family.weight_is} of transmission of each edge; set "
                "graph.edge_weight, for example to torch.full((graph.num_edges,), 0.1)",
            )
        if weight.shape != edge_index.shape[1:]:
            raise UsageError(
                argument="graph",
                reason=f"its edge_weight has the shape {list(weight.shape)} and must have [{edge_index.size(1)}], a "
                "weight for each edge",
            )
        source, target = edge_index
        if edge_index.numel() > 0 and not 0 <= int(edge_index.min()) <= int(edge_index.max()) < num_users:
            edge = int(((edge_index < 0) | (edge_index >= num_users)).any(0).nonzero()[0])
            raise DataError(
                argument="graph",
                reason=f"edge {edge} is ({int(source[edge])}, {int(target[edge])}), but users are numbered 0 to "
                f"{num_users - 1} (num_nodes={num_users})",
            )
        wrong = ~(weight.isfinite() & (weight >= 0) & (weight <= family.max_weight))
        if bool(wrong.any()):
            edge = int(wrong.nonzero()[0])
            bound = "finite and >= 0" if family.max_weight > 1 else "in [0, 1]"
            raise DataError(
                argument="graph",
                reason=f"edge {edge} has the weight {float(weight[edge]):g}; a {family.weight_is} must be {bound}",
            )
        number = ((source != target) & (weight > 0)).nonzero().view(-1)
        source, order = torch.sort(source[number], stable=True)
        number = number[order]
        ptr = segment_ptr(torch.bincount(source, minlength=num_users))
        return cls(ptr, target[number], weight[number].double(), number)
