from __future__ import annotations

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.nn import SequenceAdapter


def test_the_output_is_a_convolution_of_width_3_and_one_of_width_1() -> None:
    adapter = SequenceAdapter(1, 1, ratio=0.25)
    with torch.no_grad():
        adapter.wide.weight.copy_(torch.tensor([[[1.0, 10.0, 100.0]]]))
        adapter.wide.bias.fill_(-25.0)
        adapter.narrow.weight.fill_(4.0)
        adapter.narrow.bias.fill_(8.0)
        found = adapter(torch.tensor([[[1.0], [2.0], [3.0]]])).flatten().tolist()
    wide = [10 + 200, 1 + 20 + 300, 2 + 30]  # left, own and right neighbour; zeros beyond both ends
    expected = [0.75 * max(0, w - 25) + 0.25 * (4 * x + 8) for w, x in zip(wide, (1, 2, 3), strict=True)]
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_slide_and_its_gradients_equal_those_of_single_windows(length: int) -> None:
    torch.manual_seed(0)
    adapter = SequenceAdapter(3, 4, ratio=0.3).double()
    x = torch.randn(2, 6 + length - 1, 3).double().requires_grad_()
    found = adapter.slide(x, length).stack()
    expected = torch.stack([adapter(x[:, target : target + length]).transpose(0, 1) for target in range(6)], 2)
    torch.testing.assert_close(found, expected)
    weight = torch.randn_like(found)
    variables = [x, *adapter.parameters()]
    for gradient, other in zip(
        torch.autograd.grad((found * weight).sum(), variables),
        torch.autograd.grad((expected * weight).sum(), variables),
        strict=True,
    ):
        torch.testing.assert_close(gradient, other)


def test_a_ratio_out_of_range_raises_an_error() -> None:
    with pytest.raises(UsageError, match=r"ratio=1.5\): must be between 0 and 1"):
        SequenceAdapter(3, 4, ratio=1.5)
