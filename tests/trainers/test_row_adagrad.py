"""AdaGrad on sparse gradients, beside torch's on dense ones."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import embedding

from graphcascade.trainers import Optimization
from graphcascade.trainers.row_adagrad import RowAdagrad


def train(optimizer_class: type[torch.optim.Optimizer], sparse: bool) -> tuple[list[torch.Tensor], dict]:
    generator = torch.Generator().manual_seed(0)
    table = torch.nn.Parameter(torch.randn(9, 4, generator=generator))
    layer = torch.nn.Parameter(torch.randn(4, 4, generator=generator))
    optimizer = optimizer_class([table, layer], lr=0.1)
    for step in range(6):
        optimizer.zero_grad()
        rows = torch.randperm(9, generator=generator)[:4]
        loss = (embedding(rows.sort().values, table, sparse=sparse) @ layer).square().sum()
        if step % 2:  # a second look-up, whose rows overlap with those of the first
            loss = loss + embedding(torch.tensor([8, 2, 2]), table, sparse=sparse).pow(3).sum()
        loss.backward()
        optimizer.step()
    return [table.detach(), layer.detach()], optimizer.state_dict()


def test_rows_are_updated_as_with_dense_gradients() -> None:
    weights, state = train(RowAdagrad, sparse=True)
    expected, expected_state = train(torch.optim.Adagrad, sparse=False)
    torch.testing.assert_close(weights, expected)
    torch.testing.assert_close(state["state"], expected_state["state"])
    dense, _ = train(RowAdagrad, sparse=False)
    torch.testing.assert_close(dense, expected)


def test_rows_without_a_gradient_do_not_change() -> None:
    table = torch.nn.Parameter(torch.ones(3, 2))
    optimizer = RowAdagrad([table], lr=0.1)
    embedding(torch.tensor([1]), table, sparse=True).sum().backward()
    optimizer.step()
    torch.testing.assert_close(table.detach(), torch.tensor([[1.0, 1.0], [0.9, 0.9], [1.0, 1.0]]))


def test_weight_decay_needs_dense_gradients() -> None:
    assert Optimization(optimizer="adagrad").takes_sparse_gradients
    assert not Optimization(optimizer="adagrad", weight_decay=0.1).takes_sparse_gradients
    table = torch.nn.Parameter(torch.ones(3, 2))
    embedding(torch.tensor([1]), table, sparse=True).sum().backward()
    with pytest.raises(ValueError, match="weight_decay needs dense gradients"):
        RowAdagrad([table], weight_decay=0.1).step()
