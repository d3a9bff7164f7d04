from __future__ import annotations

import math

import pytest
import torch

from graphcascade.nn import GatedResidualNetwork


@torch.no_grad()
def test_the_network_is_equations_14_to_16() -> None:
    grn = GatedResidualNetwork(2)
    grn.inner.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    grn.inner.bias.copy_(torch.tensor([0.5, 0.0]))
    grn.outer.weight.copy_(torch.tensor([[2.0, 0.0], [0.0, 4.0]]))
    grn.outer.bias.copy_(torch.tensor([0.0, 1.0]))
    grn.gate.linear.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0]]))
    grn.gate.linear.bias.copy_(torch.tensor([0.0, 0.0, 0.0, math.log(3)]))
    x = [1.0, -2.0]
    eta2 = [1.5, math.exp(-2) - 1]  # ELU
    eta1 = [2 * eta2[0], 4 * eta2[1] + 1]
    both = [x[0] + eta1[0] * 0.5, x[1] + eta1[1] * 0.75]
    mean = sum(both) / 2
    spread = math.sqrt(sum((value - mean) ** 2 for value in both) / 2 + 1e-5)
    assert grn(torch.tensor(x)).tolist() == pytest.approx([(value - mean) / spread for value in both], rel=1e-5)
    grn.norm.weight.fill_(3.0)
    grn.norm.bias.fill_(1.0)
    assert grn(torch.tensor(x)).tolist() == pytest.approx([3 * (value - mean) / spread + 1 for value in both], rel=1e-5)


def test_dropout_is_drawn_in_training_only() -> None:
    torch.manual_seed(0)
    grn = GatedResidualNetwork(16, dropout=0.5)
    x = torch.randn(4, 16)
    assert not grn(x).equal(grn(x))
    assert grn.eval()(x).equal(grn(x))
