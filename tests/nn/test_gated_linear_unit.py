from __future__ import annotations

import math

import pytest
import torch

from graphcascade.nn import GatedLinearUnit


@pytest.mark.parametrize("second", [False, True])
@torch.no_grad()
def test_a_linear_map_times_a_sigmoid(second: bool) -> None:
    gate = GatedLinearUnit(1, second=second)
    gate.linear.weight.copy_(torch.tensor([[2.0], [0.5]]))
    gate.linear.bias.copy_(torch.tensor([1.0, -1.0]))
    if gate.second is not None:
        gate.second.weight.fill_(3.0)
    x, y = torch.tensor([[4.0]]), torch.tensor([[-0.5]])
    inner = 0.5 * 4 - 1 + (3 * -0.5 if second else 0)
    expected = (2 * 4 + 1) / (1 + math.exp(-inner))
    assert float(gate(x, y) if second else gate(x)) == pytest.approx(expected)
