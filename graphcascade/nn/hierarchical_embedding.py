from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch_geometric.nn import MessagePassing

from graphcascade.nn.gated_linear_unit import GatedLinearUnit

__all__ = ["FirstLayer", "HierarchicalEmbedding", "HierarchyConv", "HierarchyStart"]

FirstLayer = Literal["level-1", "zeros"]
HierarchyStart = Literal["sum", "plain"]
GATE_BIAS = 1.1  # three quarters of what comes from above pass


class HierarchyConv(MessagePassing):
    r"""One layer of the hierarchical category embedding (HCE): passes vectors from parents to their children.

    From the "`Improving Social Media Popularity Prediction with Multiple Post Dependencies
    <https://arxiv.org/abs/2307.15413>`_" paper (DSN; Zhang et al., 2023, Eq. 6 to 9), for a category c with the parent
    p:

    .. math::
        f_c^* = [f_c \,\|\, \mathrm{Gate}(f_p^*, f_c)]\, W

    Args:
        dim: Size of the vectors.
        start: ``"sum"`` starts with :math:`f_c^* = f_c + \sigma(1.1 + \dots) f_p^*`; ``"plain"`` with random weights.

    Shapes:
        - **input:** vectors of the parents ``[P, dim]`` and of the children ``[C, dim]``, and ``edge_index [2, C]``
          from parent to child, with one edge for each child
        - **output:** ``[C, dim]``
    """

    def __init__(self, dim: int, start: HierarchyStart = "sum") -> None:
        super().__init__(aggr="sum")
        self.dim, self.start = dim, start
        self.gate = GatedLinearUnit(dim, second=True)
        self.weight = nn.Linear(2 * dim, dim, bias=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        self.gate.reset_parameters()
        self.weight.reset_parameters()
        if self.start == "sum":
            with torch.no_grad():
                identity = torch.eye(self.dim)
                self.gate.linear.weight[: self.dim] = identity
                self.gate.linear.bias[: self.dim] = 0
                self.gate.linear.bias[self.dim :] = GATE_BIAS
                self.weight.weight.copy_(torch.cat([identity, identity], 1))

    def forward(self, x: tuple[Tensor, Tensor], edge_index: Tensor) -> Tensor:
        previous = self.propagate(edge_index, x=x, size=(x[0].size(0), x[1].size(0)))
        result: Tensor = self.weight(torch.cat([x[1], self.gate(previous, x[1])], 1))
        return result

    def message(self, x_j: Tensor) -> Tensor:
        return x_j

    def __repr__(self) -> str:
        return f"HierarchyConv({self.dim}, start={self.start!r})"


class HierarchicalEmbedding(nn.Module):
    r"""Vectors of the categories of a hierarchy, with what is above them (HCE).

    Layer k of :class:`HierarchyConv` passes vectors from the categories of level k - 1 to those of level k. A category
    of level k has the output of layer k.

    Args:
        dim: Size of the vectors.
        depth: Number of levels.
        first_layer: What the first layer has as its previous vectors, which the paper does not say: those of its own
            categories (``"level-1"``), or ``"zeros"``.
        start: First weights; see :class:`HierarchyConv`.

    Shapes:
        - **input:** vectors ``[C, dim]``, parents ``[C]`` int64 (-1 for a root) and levels ``[C]`` int64
        - **output:** ``[C, dim]``
    """

    def __init__(
        self, dim: int, depth: int, first_layer: FirstLayer = "level-1", start: HierarchyStart = "sum"
    ) -> None:
        super().__init__()
        self.first_layer = first_layer
        layers = [HierarchyConv(dim, start) for _ in range(depth)]  # type: ignore[abstract]  # PyG overwrites these
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor, parent: Tensor, level: Tensor) -> Tensor:
        position = torch.zeros_like(level)  # of each category within its level
        results: list[Tensor] = []
        members = []
        for number, layer in enumerate(self.layers):
            category = (level == number).nonzero().view(-1)
            own = x[category]
            child = torch.arange(category.numel(), device=x.device)
            position[category] = child
            if number == 0:
                previous, source = torch.zeros_like(own) if self.first_layer == "zeros" else own, child
            else:
                previous, source = results[-1], position[parent[category]]
            results.append(layer((previous, own), torch.stack([source, child])))
            members.append(category)
        return torch.cat(results)[torch.argsort(torch.cat(members))]
