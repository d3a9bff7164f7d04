"""Rows of tables with sparse gradients."""

from __future__ import annotations

import pytest
import torch

from graphcascade.nn.select_rows import select_rows


@pytest.mark.parametrize("shape", [(6,), (6, 3)])
def test_sparse_gradients_equal_dense_ones(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    table = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    row = torch.tensor([0, 2, 5])
    factor = torch.randn(3, *shape[1:], dtype=torch.float64)
    rows = select_rows(table, row, sparse=True)
    assert rows.equal(table.detach()[row])
    (rows * factor).sum().backward()
    assert table.grad is not None
    assert table.grad.is_sparse
    assert table.grad._indices().tolist() == [[0, 2, 5]]
    expected = torch.zeros(shape, dtype=torch.float64)
    expected[row] = factor
    assert table.grad.to_dense().equal(expected)
    table.grad = None
    (select_rows(table, row, sparse=False) * factor).sum().backward()
    assert table.grad.equal(expected)
