"""Dot products of pairs of rows, beside plain indexing and automatic differentiation."""

from __future__ import annotations

import pytest
import torch

from graphcascade.nn import Pairs, pair_products, sort_ids, weighted_sums


def make(pairs: int, left_ids: int, right_ids: int, dim: int = 5) -> tuple[Pairs, torch.Tensor, torch.Tensor]:
    """Random pairs, which repeat, and vectors of both sides in float64."""
    generator = torch.Generator().manual_seed(0)
    left = torch.randint(left_ids, (pairs,), generator=generator).sort().values
    right = torch.randint(right_ids, (pairs,), generator=generator)
    numbered, users, tweets = Pairs.from_ids(left, right)
    assert users[numbered.left].equal(left)
    assert tweets[numbered.right].equal(right)
    vectors = [
        torch.randn(count, dim, generator=generator, dtype=torch.float64, requires_grad=True)
        for count in (users.numel(), tweets.numel())
    ]
    return numbered, *vectors


@pytest.mark.parametrize(("pairs", "left", "right"), [(40, 9, 30), (200, 4, 3), (1, 1, 1)])
def test_products_and_gradients_are_those_of_autograd(pairs: int, left: int, right: int) -> None:
    numbered, first, second = make(pairs, left, right)
    found = pair_products(first, second, numbered)
    expected = (first[numbered.left] * second[numbered.right]).sum(1)
    torch.testing.assert_close(found, expected)
    weight = torch.randn(pairs, dtype=torch.float64)
    gradients = torch.autograd.grad(found.sigmoid() @ weight, (first, second))
    for gradient, other in zip(
        gradients, torch.autograd.grad(expected.sigmoid() @ weight, (first, second)), strict=True
    ):
        torch.testing.assert_close(gradient, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("pairs", "left", "right"), [(40, 9, 30), (200, 4, 3), (0, 4, 3)])
def test_weighted_sums_and_gradients_are_those_of_autograd(pairs: int, left: int, right: int) -> None:
    generator = torch.Generator().manual_seed(0)
    row = torch.randint(left, (pairs,), generator=generator).sort().values
    column = torch.randint(right, (pairs,), generator=generator)
    weight = torch.randn(pairs, generator=generator, dtype=torch.float64, requires_grad=True)
    vector = torch.randn(right + 1, 5, generator=generator, dtype=torch.float64, requires_grad=True)
    found = weighted_sums(weight, vector, Pairs.from_rows(row, column, (left + 2, right + 1)))
    expected = found.new_zeros(left + 2, 5).index_add(0, row, weight.unsqueeze(1) * vector[column])
    torch.testing.assert_close(found, expected)
    other = torch.randn(left + 2, 5, generator=generator, dtype=torch.float64)
    gradients = torch.autograd.grad((found * other).sum(), (weight, vector))
    for gradient, right_one in zip(
        gradients, torch.autograd.grad((expected * other).sum(), (weight, vector)), strict=True
    ):
        torch.testing.assert_close(gradient, right_one, rtol=1e-12, atol=1e-12)


def test_only_the_gradients_that_are_needed() -> None:
    numbered, first, second = make(20, 4, 6)
    pair_products(first.detach(), second, numbered).sum().backward()
    assert first.grad is None
    torch.testing.assert_close(
        second.grad, torch.zeros_like(second).index_add_(0, numbered.right, first[numbered.left])
    )


def test_types_are_promoted() -> None:
    numbered, first, second = make(20, 4, 6)
    found = pair_products(first.float(), second.bfloat16(), numbered)
    assert found.dtype == torch.float32
    expected = (first.float()[numbered.left] * second.bfloat16().float()[numbered.right]).sum(1)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("largest", [10, 2**16, 2**20, 2**32])
def test_ids_are_sorted_in_a_stable_way(largest: int) -> None:
    ids = torch.randint(largest, (500,), generator=torch.Generator().manual_seed(0)).repeat(2)
    ordered, order = sort_ids(ids)
    expected = torch.sort(ids, stable=True)
    assert ordered.equal(expected.values)
    assert order.equal(expected.indices)
    assert sort_ids(ids[:0])[1].numel() == 0
