from __future__ import annotations

import pytest
import torch

from graphcascade.nn import FastDropout
from graphcascade.nn.fast_dropout import fast_dropout


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_fast_dropout_keeps_the_mean(share: float) -> None:
    torch.manual_seed(0)
    dropped = fast_dropout(torch.full((5, 40_001), 2.0), share)
    count = int((dropped == 0).sum())
    deviation = (share * (1 - share) * dropped.numel()) ** 0.5
    assert count == pytest.approx(share * dropped.numel(), abs=4 * deviation)
    assert dropped.unique().numel() == 1 + (0 < share < 1)
    if share < 1:
        assert float(dropped.max()) == pytest.approx(2 / (1 - share), rel=1e-5)  # 2^-16, relative to 1 - share
    torch.manual_seed(0)
    assert fast_dropout(torch.full((5, 40_001), 2.0), share).equal(dropped)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_gradients_are_dropped_and_scaled_as_the_values(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    x = torch.randn(7, 30).t().to(dtype).requires_grad_()  # of which the memory is in another order
    result = FastDropout(0.25)(x)
    factor = torch.where(result == 0, 0, 4 / 3).to(dtype)
    torch.testing.assert_close(result, x * factor)
    (gradient,) = torch.autograd.grad(result.sum(), x)
    torch.testing.assert_close(gradient, factor)
    assert 0.1 < float((result == 0).float().mean()) < 0.4


def test_nothing_is_dropped_outside_training() -> None:
    x = torch.randn(100)
    assert FastDropout(0.5).eval()(x) is x
