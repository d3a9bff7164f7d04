from __future__ import annotations

import pytest
import torch

from graphcascade.nn import WindowLSTM, WindowSteps

LENGTH, COUNT = 4, 5


@pytest.mark.parametrize("padded", [0, 2])
def test_states_and_gradients_are_those_of_torch_on_windows_without_padding(padded: int) -> None:
    """The first posts of both runs are padding, which windows of torch's LSTM leave out."""
    torch.manual_seed(0)
    lstm = WindowLSTM(3, 2).double()
    x = torch.randn(2, COUNT + LENGTH - 1, 3).double().requires_grad_()
    valid = torch.arange(x.size(1)).expand(2, -1) >= padded
    gates = WindowSteps.of(x @ lstm.weight_ih_l0.t(), LENGTH)
    found = lstm.slide(gates, WindowSteps.of(valid.unsqueeze(-1), LENGTH) if padded else None)
    expected = []
    for target in range(COUNT):
        begin = max(target, padded)
        states, _ = torch.nn.LSTM.forward(lstm, x[:, begin : target + LENGTH])
        zeros = states.new_zeros(2, begin - target, 2)
        expected.append(torch.cat([zeros, states], 1).transpose(0, 1))
    literal = torch.stack(expected, 2)  # [length, runs, targets, dim]
    torch.testing.assert_close(found, literal)
    weight = torch.randn_like(found)
    variables = [x, *lstm.parameters()]
    for gradient, other in zip(
        torch.autograd.grad((found * weight).sum(), variables),
        torch.autograd.grad((literal * weight).sum(), variables),
        strict=True,
    ):
        torch.testing.assert_close(gradient, other)
