from __future__ import annotations

import pytest
import torch

from graphcascade.nn import WindowSteps

X = torch.arange(24.0).view(2, 6, 2)


@pytest.mark.parametrize("length", [1, 2, 3, 6])
def test_steps_are_those_of_the_windows(length: int) -> None:
    steps = WindowSteps.of(X, length)
    for number in range(length):
        assert steps.step(number).equal(X[:, number : number + 7 - length])
    assert steps.stack().equal(X.unfold(1, length, 1).permute(3, 0, 1, 2))
    assert len(steps.variants) == min(length, 3)


@pytest.mark.parametrize("length", [1, 2, 3])
def test_sums_and_linear_maps_act_on_each_step(length: int) -> None:
    weight = torch.tensor([[1.0, 2.0], [0.0, -1.0], [3.0, 0.0]])
    steps = WindowSteps.of(X, length)
    found = (steps.linear(weight) + steps.map(lambda x: x[..., :1])).stack()
    windows = X.unfold(1, length, 1).permute(3, 0, 1, 2)
    assert found.equal(windows @ weight.t() + windows[..., :1])


@pytest.mark.parametrize("length", [1, 2, 3])
def test_split_divides_the_vectors_of_each_step(length: int) -> None:
    left, right = WindowSteps.of(torch.cat([X, -X[..., :1]], -1), length).split([2, 1])
    windows = X.unfold(1, length, 1).permute(3, 0, 1, 2)
    assert left.stack().equal(windows)
    assert right.stack().equal(-windows[..., :1])


@pytest.mark.parametrize("length", [1, 2, 3, 6])
def test_a_post_has_a_gradient_for_each_window_that_it_is_in(length: int) -> None:
    x = X.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(WindowSteps.of(x, length).stack().sum(), x)
    windows = [sum(target <= post < target + length for target in range(7 - length)) for post in range(6)]
    assert gradient[:, :, 0].tolist() == [windows, windows]


def test_a_post_has_other_vectors_as_the_first_and_the_last_of_a_window() -> None:
    first, inner, last = (
        torch.tensor([[[1.0], [2.0]]]),
        torch.tensor([[[20.0], [30.0]]]),
        torch.tensor([[[7.0], [8.0]]]),
    )
    steps = WindowSteps(3, first, inner, last)
    assert steps.stack().flatten(1).tolist() == [[1, 2], [20, 30], [7, 8]]
