from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch_geometric.nn import GATConv, GCNConv, GINEConv, SAGEConv

from graphcascade.errors import UsageError
from graphcascade.nn import GRAPH_ENCODERS, GraphConvolution, find_encoder

EDGES = torch.tensor([[3, 0, 1, 4, 2, 0], [1, 1, 2, 1, 0, 4]])
WEIGHT = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
DIM = 8


def run(layer: Any, weight: Tensor | None, x: Tensor) -> tuple[GraphConvolution, Tensor]:
    torch.manual_seed(0)
    convolution = GraphConvolution(layer, DIM, weight is not None)
    value = torch.ones(EDGES.size(1)) if weight is None else weight
    total = torch.zeros(x.size(0)).index_add_(0, EDGES[1], value)
    return convolution, convolution(x, EDGES, weight, total, None)


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_gcn_equals_that_of_pyg(weight: Tensor | None) -> None:
    x = torch.randn(5, DIM)
    convolution, result = run(GCNConv, weight, x)
    expected = GCNConv(DIM, DIM)
    expected.load_state_dict(convolution.layer.state_dict())
    assert torch.allclose(result, expected(x, EDGES, weight), atol=1e-6)


def test_sage_equals_that_of_pyg_and_weights_the_mean() -> None:
    x = torch.randn(5, DIM)
    convolution, result = run(SAGEConv, None, x)
    state = {
        name.replace("lin_rel", "lin_l").replace("lin_root", "lin_r"): value
        for name, value in convolution.layer.state_dict().items()
    }
    expected = SAGEConv(DIM, DIM)
    expected.load_state_dict(state)
    assert torch.allclose(result, expected(x, EDGES), atol=1e-6)
    convolution, result = run(SAGEConv, WEIGHT, x)
    weights = convolution.layer.state_dict()
    mean = (1 * x[3] + 2 * x[0] + 4 * x[4]) / 7
    row = mean @ weights["lin_rel.weight"].t() + weights["lin_rel.bias"] + x[1] @ weights["lin_root.weight"].t()
    assert torch.allclose(result[1], row, atol=1e-6)


def test_gat_has_four_heads_and_the_weights_as_a_feature_of_the_edges() -> None:
    x = torch.randn(5, DIM)
    convolution, result = run(GATConv, WEIGHT, x)
    expected = GATConv(DIM, DIM // 4, heads=4, edge_dim=1)
    expected.load_state_dict(convolution.layer.state_dict())
    assert torch.allclose(result, expected(x, EDGES, WEIGHT.log1p().unsqueeze(1)), atol=1e-6)
    assert GraphConvolution(GATConv, 6, False).layer.heads == 1


@pytest.mark.parametrize("name", list(GRAPH_ENCODERS))
@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_all_layers_run_and_have_gradients(name: str, weight: Tensor | None) -> None:
    x = torch.randn(5, DIM, requires_grad=True)
    convolution, result = run(GRAPH_ENCODERS[name], weight, x)
    assert result.shape == (5, DIM)
    result.square().sum().backward()
    assert all(bool(value.grad.isfinite().all()) for value in (x, *convolution.parameters()) if value.grad is not None)


class Doubled(nn.Module):
    """A layer of the user's own that sums weighted neighbours."""

    def __init__(self, size: int, out: int) -> None:
        super().__init__()

    def forward(self, x: Tensor, edge_index: Tensor, edge_weight: Tensor) -> Tensor:
        return torch.zeros_like(x).index_add_(0, edge_index[1], x[edge_index[0]] * edge_weight.unsqueeze(1))


def test_a_layer_of_ones_own_gets_the_weights_or_raises_an_error_without_them() -> None:
    x = torch.randn(5, DIM)
    _, result = run(Doubled, WEIGHT, x)
    assert torch.allclose(result[1], 1 * x[3] + 2 * x[0] + 4 * x[4])
    with pytest.raises(UsageError, match=r"encoder='Doubled'\): needs weights of the edges, and this graph has none"):
        GraphConvolution(Doubled, DIM, False)


class Strange(Doubled):
    def forward(self, x: Tensor, edge_index: Tensor, edge_type: Tensor) -> Tensor:  # type: ignore[override]
        return x


def test_unknown_layers_and_inputs_raise_an_error() -> None:
    with pytest.raises(UsageError, match="needs 'edge_type', and gets vectors of users"):
        GraphConvolution(Strange, DIM, True)
    with pytest.raises(UsageError, match=r"encoder='SAEG'\): did you mean SAGE\?"):
        find_encoder("SAEG")
    with pytest.raises(UsageError, match=r"encoder='xyz'\): use one of GAT, GATv2, GCN"):
        find_encoder("xyz")
    assert find_encoder("sage") is SAGEConv
    assert find_encoder(GINEConv) is GINEConv
