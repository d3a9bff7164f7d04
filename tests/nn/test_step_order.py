from __future__ import annotations

import pytest
import torch
from torch import nn

from graphcascade.nn import run_recurrence, step_order

SIZES = [3, 9, 1, 4, 4, 0, 1, 2, 6]


def boundaries(sizes: list[int]) -> torch.Tensor:
    return torch.tensor([0, *sizes]).cumsum(0)


def test_order_by_hand() -> None:
    steps = step_order(boundaries([1, 3, 2]))
    assert steps.order.tolist() == [1, 2, 0]
    assert steps.batch_sizes == [3, 2, 1]
    assert steps.event.tolist() == [1, 4, 0, 2, 5, 3]
    assert steps.place[steps.event].tolist() == list(range(6))
    assert steps.rank.tolist() == [2, 0, 0, 0, 1, 1]


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
@pytest.mark.parametrize("sizes", [SIZES, [4, 4, 4], [1], []])
def test_states_and_gradients_match_those_of_single_cascades(kind: type[nn.RNNBase], sizes: list[int]) -> None:
    torch.manual_seed(0)
    layer = kind(3, 5).double()
    ptr = boundaries(sizes)
    x = torch.randn(int(ptr[-1]), 3, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(int(ptr[-1]), 5, dtype=torch.float64)
    steps = step_order(ptr)
    result = run_recurrence(layer, x[steps.event], steps.batch_sizes)[steps.place]
    alone = [layer(rows.unsqueeze(1))[0][:, 0] for rows in x.split(sizes) if rows.numel()]
    expected = torch.cat(alone) if alone else result
    torch.testing.assert_close(result, expected)
    if not alone:
        return
    inputs = [x, *layer.parameters()]
    torch.testing.assert_close(
        torch.autograd.grad((result * weight).sum(), inputs), torch.autograd.grad((expected * weight).sum(), inputs)
    )


def test_short_cascades_are_not_padded_to_a_long_one() -> None:
    seen = []

    class Layer(nn.GRU):
        def forward(self, x, state=None):  # type: ignore[override]
            seen.append(x.shape[:2])
            return super().forward(x, state)

    steps = step_order(boundaries([100] + [5] * 63))
    run_recurrence(Layer(2, 2), torch.zeros(100 + 5 * 63, 2), steps.batch_sizes)
    assert seen == [(5, 64), (95, 1)]


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_mixed_precision_on_the_cpu_leaves_the_states_alone(kind: type[nn.RNNBase]) -> None:
    """Processors without instructions for bfloat16 have no LSTM in it."""
    torch.manual_seed(0)
    layer, batch_sizes = kind(3, 5), step_order(boundaries(SIZES)).batch_sizes
    x = torch.randn(sum(batch_sizes), 3).bfloat16()
    expected = run_recurrence(layer, x.float(), batch_sizes)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(run_recurrence(layer, x, batch_sizes), expected)
