"""Clipping of dense and sparse gradients."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import embedding

from graphcascade.trainers.clip_gradients import clip_gradients


def gradients(sparse: bool, max_norm: float | None) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    table = torch.nn.Parameter(torch.randn(5, 2, generator=generator))
    layer = torch.nn.Parameter(torch.randn(2, generator=generator))
    unused = torch.nn.Parameter(torch.zeros(1))
    (embedding(torch.tensor([3, 1, 3]), table, sparse=sparse) @ layer).square().sum().backward()
    if max_norm is not None and sparse:
        clip_gradients([table, layer, unused], max_norm)
    elif max_norm is not None:
        torch.nn.utils.clip_grad_norm_([table, layer, unused], max_norm)
    assert table.grad is not None
    assert layer.grad is not None
    return [table.grad.to_dense(), layer.grad]


@pytest.mark.parametrize("max_norm", [0.1, 1e3])
def test_sparse_gradients_are_clipped_like_dense_ones(max_norm: float) -> None:
    torch.testing.assert_close(gradients(True, max_norm), gradients(False, max_norm))


def test_short_gradients_are_left_alone() -> None:
    for ours, before in zip(gradients(True, 1e3), gradients(True, None), strict=True):
        assert ours.equal(before)
    clip_gradients([torch.nn.Parameter(torch.zeros(1))], 1.0)  # none has a gradient
