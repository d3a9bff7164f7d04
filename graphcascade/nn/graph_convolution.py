from __future__ import annotations

import inspect
from typing import Any

import torch
from torch import Tensor, nn
from torch_geometric.nn import GATConv, GATv2Conv, GCNConv, GINConv, GraphConv, SAGEConv, TransformerConv
from torch_geometric.utils import scatter

from graphcascade.errors import UnknownNameError, UsageError
from graphcascade.registry import Registry

__all__ = ["GRAPH_ENCODERS", "GraphConvolution", "find_encoder"]

GRAPH_ENCODERS: Registry[type[nn.Module]] = Registry("graph encoder")
"""Layers over graphs by name: those that can be saved with a model."""
for _name, _layer in {
    "GAT": GATConv,
    "GATv2": GATv2Conv,
    "GCN": GCNConv,
    "GIN": GINConv,
    "SAGE": SAGEConv,
    "Transformer": TransformerConv,
}.items():
    GRAPH_ENCODERS.register(_name)(_layer)

NUM_HEADS = 4  # of attention, if they divide the size of the vectors


class GraphConvolution(nn.Module):
    r"""One layer of a graph encoder over one kind of edges: a layer of :mod:`torch_geometric.nn` and its edge weights.

    The layer is constructed as ``layer(dim, dim)``, apart from these:

    - GCN: :math:`\hat a_{ji} = a_{ji} / \sqrt{d_i d_j}` with self-loops of weight 1 and :math:`d_i = 1 + \sum_j a_{ji}`
      of the whole graph, so that the result does not depend on which part of the graph is computed.
    - SAGE: the mean over the neighbours is weighted by the weights of the edges.
    - GAT, GATv2, Transformer: four heads if ``dim`` can be divided by four, else one; :math:`\log(1 + a_{ji})` is a
      feature of the edges if they have weights.
    - GIN: a perceptron with one hidden layer of ``dim`` units; it ignores weights.

    A layer of your own gets the weights if its ``forward`` has an argument ``edge_weight``, ``[E]``, or ``edge_attr``,
    ``[E, 1]``.

    Args:
        layer: Class of the layer.
        dim: Size of the vectors before and after it.
        weighted: Whether the edges have weights.

    Shapes:
        - **input:** vectors ``[N, dim]``, ``edge_index [2, E]``, the weights of the edges ``[E]`` or ``None``, the
          total weight of the incoming edges of each node in the whole graph, ``[N]``, and by how much the weights of
          each edge's target are scaled up because only some of its edges are there, ``[E]`` or ``None``
        - **output:** ``[N, dim]``

    Raises:
        UsageError: The layer needs weights or other arguments that it does not get.
    """

    def __init__(self, layer: type[nn.Module], dim: int, weighted: bool) -> None:
        super().__init__()
        self.takes = _find_input(layer, weighted)
        self.kind = layer
        self.layer = _make_layer(layer, dim, self.takes == "edge_attr")

    def reset_parameters(self) -> None:
        """Reinitializes the weights, if the layer can."""
        reset = getattr(self.layer, "reset_parameters", None)
        if callable(reset):
            reset()

    def forward(
        self, x: Tensor, edge_index: Tensor, weight: Tensor | None, total: Tensor, scale: Tensor | None
    ) -> Tensor:
        source, target = edge_index
        if self.kind is SAGEConv:
            value = x.new_ones(source.numel()) if weight is None else weight
            degree = scatter(value, target, dim_size=x.size(0), reduce="sum")
            return self._run(x, edge_index, edge_weight=value / degree[target].clamp(min=MIN_DEGREE))
        if self.kind is GCNConv:
            root = (1 + total).rsqrt()
            value = root[source] * root[target]
            for factor in (weight, scale):
                value = value if factor is None else value * factor
            node = torch.arange(x.size(0), device=x.device)
            loops = torch.cat([edge_index, node.expand(2, -1)], 1)
            return self._run(x, loops, edge_weight=torch.cat([value, root.square()]))
        if weight is None or self.takes is None:
            return self._run(x, edge_index)
        if self.takes == "edge_weight":
            return self._run(x, edge_index, edge_weight=weight if scale is None else weight * scale)
        return self._run(x, edge_index, edge_attr=weight.log1p().unsqueeze(1))

    def _run(self, *arguments: Tensor, **weights: Tensor) -> Tensor:
        result: Tensor = self.layer(*arguments, **weights)
        return result


MIN_DEGREE = 1e-12  # avoids a division by zero where all weights are zero


def _make_layer(layer: Any, dim: int, has_features: bool) -> nn.Module:
    """Constructs a layer; its edges have a feature if ``has_features``."""
    make: Any = GraphConv if layer is SAGEConv else layer  # PyG overwrites the abstract methods of its layers
    if layer is SAGEConv:
        result = make(dim, dim, aggr="add")  # with weights that sum to one it is SAGEConv
    elif layer is GINConv:
        result = make(nn.Sequential(nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, dim)))
    elif layer is GCNConv:
        result = make(dim, dim, normalize=False, add_self_loops=False)
    else:
        features = {"edge_dim": 1} if has_features and "edge_dim" in inspect.signature(layer).parameters else {}
        if layer in (GATConv, GATv2Conv, TransformerConv):
            heads = NUM_HEADS if dim % NUM_HEADS == 0 else 1
            result = make(dim, dim // heads, heads=heads, **features)
        else:
            result = make(dim, dim, **features)
    made: nn.Module = result
    return made


def find_encoder(encoder: str | type[nn.Module]) -> type[nn.Module]:
    """Returns the class of a layer, which a name of :data:`GRAPH_ENCODERS` or the class itself stands for.

    Raises:
        UsageError: There is no layer of that name; the message has the nearest names.
    """
    if not isinstance(encoder, str):
        return encoder
    try:
        return GRAPH_ENCODERS[encoder]
    except UnknownNameError as error:
        reason = str(error).partition(": ")[2].removesuffix(".")
        raise UsageError(owner="GraphEmbedding", argument="encoder", value=encoder, reason=reason) from None


def _find_input(layer: type[nn.Module], weighted: bool) -> str | None:
    """Returns the argument of a layer that takes the weights of the edges, if there is one.

    Raises:
        UsageError: The layer needs weights that there are not, or other arguments.
    """
    parameters = [entry for entry in inspect.signature(layer.forward).parameters.values() if entry.name != "self"]
    takes = next((name for name in ("edge_weight", "edge_attr") if any(name == each.name for each in parameters)), None)
    for entry in parameters[2:]:
        if entry.default is not entry.empty or entry.kind in (entry.VAR_POSITIONAL, entry.VAR_KEYWORD):
            continue
        reason = None
        if entry.name != takes:
            reason = f"needs {entry.name!r}, and gets vectors of users, edges and their weights only; use another one"
        elif not weighted:
            reason = "needs weights of the edges, and this graph has none; use a graph with weights, or another encoder"
        if reason is not None:
            raise UsageError(owner="GraphEmbedding", argument="encoder", value=layer.__name__, reason=reason)
    return takes if weighted else None
