from __future__ import annotations

import math
from datetime import datetime, timezone

import pytest
import torch

from graphcascade.nn import UserFeatures

TIME = torch.tensor([1_709_251_199.0], dtype=torch.float64)  # 29 February 2024, 23:59:59 UTC


def test_the_output_is_vector_scores_missing_indicators_and_date() -> None:
    layer = UserFeatures(2, 2, uid_dim=1).eval()
    layer.prepare(torch.tensor([[1.0, 0.0], [3.0, 999.0], [math.nan, math.nan]]))
    assert layer.uid is not None
    with torch.no_grad():
        layer.uid.weight.copy_(torch.tensor([[5.0], [6.0], [7.0]]))
        first = layer(torch.tensor([1]), torch.tensor([[4.0, 99.0]]), TIME)[0]
        second = layer(torch.tensor([2]), torch.tensor([[math.nan, math.nan]]), TIME)[0]
    assert first.numel() == layer.dim == 1 + 4 + 12 + 31 + 24
    # 1 and 3 have the mean 2 and the deviation 1; the second column is a count, log(1 + x) of which is 0 or log(1000)
    half = math.log(1000) / 2
    assert first[:5].tolist() == pytest.approx([6, 2, (math.log(100) - half) / half, 0, 0], rel=1e-5)
    assert second[:5].tolist() == [7, 0, 0, 1, 1]
    date = datetime.fromtimestamp(float(TIME), tz=timezone.utc)
    ones = [date.month - 1, 12 + date.day - 1, 12 + 31 + date.hour]
    assert first[5:].nonzero().view(-1).tolist() == ones == [1, 40, 66]


def test_a_constant_number_keeps_its_scale_whatever_the_rounding() -> None:
    layer = UserFeatures(1, 1, uid_dim=0)
    layer.prepare(torch.full((1_000, 1), 0.1))
    assert float(layer.inverse_std) == 1
    layer.prepare(torch.tensor([[1e-4], [2e-4], [3e-4]]))  # small, but not constant
    assert float(layer.inverse_std) == pytest.approx(1e4 * math.sqrt(1.5), rel=1e-4)


def test_the_users_of_one_in_twenty_posts_are_unknown_in_training() -> None:
    torch.manual_seed(0)
    layer = UserFeatures(1, 0, uid_dim=1)
    assert layer.uid is not None
    with torch.no_grad():
        layer.uid.weight.copy_(torch.tensor([[1.0], [0.0]]))
        user, numbers, time = torch.zeros(20_000, dtype=torch.long), torch.empty(20_000, 0), TIME.expand(20_000)
        assert 0.04 < float(1 - layer(user, numbers, time)[:, 0].mean()) < 0.06
        assert bool((layer.eval()(user, numbers, time)[:, 0] == 1).all())
