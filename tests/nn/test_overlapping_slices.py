from __future__ import annotations

import torch

from graphcascade.nn.overlapping_slices import overlapping_slices

BOUNDS = [(0, 3), (1, 4), (2, 2), (0, 5), (3, 5)]


def test_values_and_gradients_are_those_of_slices() -> None:
    """The second slice is not used, and the third is empty."""
    torch.manual_seed(0)
    x = torch.randn(2, 5, 3, dtype=torch.float64, requires_grad=True)
    found, expected = overlapping_slices(x, BOUNDS), [x[:, begin:end] for begin, end in BOUNDS]
    gradients = []
    for slices in (found, expected):
        weighted = [part.square().sum() * (number + 1) for number, part in enumerate(slices) if number != 1]
        gradients.append(torch.autograd.grad(torch.stack(weighted).sum(), x)[0])
    for part, other in zip(found, expected, strict=True):
        assert part.equal(other)
    torch.testing.assert_close(*gradients)


def test_slices_that_are_not_used_have_no_gradient() -> None:
    x = torch.randn(2, 5, requires_grad=True)
    overlapping_slices(x, BOUNDS)
    (gradient,) = torch.autograd.grad(x.sum(), x)
    assert gradient.equal(torch.ones_like(x))
