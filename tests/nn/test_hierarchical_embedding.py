from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from graphcascade.nn import HierarchicalEmbedding, HierarchyConv

PARENT = torch.tensor([2, 4, -1, 4, -1, 3, 0])  # two roots, whose numbers are not the first
LEVEL = torch.tensor([1, 1, 0, 1, 0, 2, 2])


def literal(layer: HierarchyConv, previous: Tensor, own: Tensor) -> Tensor:
    """Equations 7 to 9 for one category."""
    dim = own.numel()
    weight, bias = layer.gate.linear.weight, layer.gate.linear.bias
    assert layer.gate.second is not None
    inner = weight[dim:] @ previous + layer.gate.second.weight @ own + bias[dim:]
    gated = (weight[:dim] @ previous + bias[:dim]) / (1 + (-inner).exp())
    return layer.weight.weight @ torch.cat([own, gated])


@pytest.mark.parametrize("first_layer", ["level-1", "zeros"])
@pytest.mark.parametrize("start", ["sum", "plain"])
@torch.no_grad()
def test_each_level_has_its_own_layer_and_gets_the_vectors_of_the_parents(first_layer: Any, start: Any) -> None:
    torch.manual_seed(0)
    hierarchy = HierarchicalEmbedding(3, 3, first_layer, start).double()
    x = torch.randn(7, 3).double()
    found = hierarchy(x, PARENT, LEVEL)
    for category in range(7):
        path = [category]
        while PARENT[path[0]] >= 0:
            path.insert(0, int(PARENT[path[0]]))
        vector = x[path[0]] if first_layer == "level-1" else torch.zeros(3).double()
        for layer, number in zip(hierarchy.layers, path, strict=False):
            vector = literal(layer, vector, x[number])  # type: ignore[arg-type]
        torch.testing.assert_close(found[category], vector)


@torch.no_grad()
def test_a_layer_starts_as_a_sum_with_three_quarters_of_the_parent() -> None:
    layer: HierarchyConv = HierarchyConv(2, "sum")  # type: ignore[abstract]
    assert layer.gate.second is not None
    layer.gate.linear.weight[2:] = 0
    layer.gate.second.weight.fill_(0)
    found = layer((torch.tensor([[4.0, 8.0]]), torch.tensor([[1.0, 2.0]])), torch.zeros(2, 1, dtype=torch.long))
    share = 1 / (1 + math.exp(-1.1))
    assert found[0].tolist() == pytest.approx([1 + 4 * share, 2 + 8 * share])
