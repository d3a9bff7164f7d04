"""Adam on sparse gradients, beside torch's."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import embedding

from graphcascade.trainers import Optimization
from graphcascade.trainers.row_adam import RowAdam


def train(optimizer_class: type[torch.optim.Optimizer], sparse: bool) -> tuple[torch.Tensor, dict]:
    generator = torch.Generator().manual_seed(0)
    table = torch.nn.Parameter(torch.randn(9, 4, generator=generator))
    optimizer = optimizer_class([table], lr=0.1, betas=(0.8, 0.95))
    for step in range(8):
        optimizer.zero_grad()
        rows = torch.randperm(9, generator=generator)[:4]
        loss = embedding(rows.sort().values, table, sparse=sparse).square().sum()
        if step % 2:  # a second look-up, whose rows overlap with those of the first
            loss = loss + embedding(torch.tensor([8, 2, 2]), table, sparse=sparse).pow(3).sum()
        loss.backward()
        optimizer.step()
    return table.detach(), optimizer.state_dict()["state"][0]


def test_rows_are_updated_as_by_sparse_adam() -> None:
    table, state = train(RowAdam, sparse=True)
    expected, expected_state = train(torch.optim.SparseAdam, sparse=True)
    torch.testing.assert_close(table, expected)
    for name in ("exp_avg", "exp_avg_sq"):
        torch.testing.assert_close(state[name], expected_state[name])
    assert float(state["step"]) == expected_state["step"]


def test_dense_gradients_are_those_of_adam() -> None:
    table, state = train(RowAdam, sparse=False)
    expected, expected_state = train(torch.optim.Adam, sparse=False)
    assert table.equal(expected)
    assert {name: value.shape for name, value in state.items()} == {
        name: value.shape for name, value in expected_state.items()
    }


def test_dense_and_sparse_gradients_share_an_optimizer() -> None:
    table, layer = torch.nn.Parameter(torch.ones(3, 2)), torch.nn.Parameter(torch.ones(2))
    optimizer = RowAdam([table, layer], lr=0.1, fused=True)
    (embedding(torch.tensor([1]), table, sparse=True) * layer).sum().backward()
    optimizer.step()
    # The first step of Adam has the length of the learning rate.
    torch.testing.assert_close(table.detach(), torch.tensor([[1.0, 1.0], [0.9, 0.9], [1.0, 1.0]]))
    torch.testing.assert_close(layer.detach(), torch.tensor([0.9, 0.9]))


def test_weight_decay_needs_dense_gradients() -> None:
    assert Optimization(optimizer="adam").takes_sparse_gradients
    assert not Optimization(optimizer="adam", weight_decay=0.1).takes_sparse_gradients
    table = torch.nn.Parameter(torch.ones(3, 2))
    embedding(torch.tensor([1]), table, sparse=True).sum().backward()
    with pytest.raises(ValueError, match="weight_decay needs dense gradients"):
        RowAdam([table], weight_decay=0.1).step()
