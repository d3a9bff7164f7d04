from __future__ import annotations

import math

import pytest
import torch

from tests.models.popularity.linear_model import LinearModel


def test_the_interval_has_the_quantiles_of_the_residuals() -> None:
    model = LinearModel(num_users=1)
    assert model.interval(0.9) is None
    model.set_residuals(torch.arange(1_001.0).flip(0) - 300)
    assert model.interval(0.9) == pytest.approx((-250, 650))
    assert model.interval(0.5) == pytest.approx((-50, 450))


def test_the_interval_contains_the_prediction_of_a_biased_model() -> None:
    model = LinearModel(num_users=1)
    model.set_residuals(torch.linspace(2, 3, 1_001))
    assert model.interval(0.9) == pytest.approx((0, 2.95))
    model.set_residuals(torch.linspace(-3, -2, 1_001))
    assert model.interval(0.9) == pytest.approx((-2.95, 0))


def test_the_coverage_is_that_of_intervals_from_the_other_half() -> None:
    model = LinearModel(num_users=1)
    model.set_residuals(torch.cat([torch.linspace(-1, 0, 50), torch.linspace(5, 6, 50)]))
    assert model.coverage(0.9) == pytest.approx(0, abs=0.001)
    model.set_residuals(torch.cat([torch.linspace(-0.5, 0.5, 50), torch.linspace(-0.25, 0.25, 50)]))
    # all of the second half; of the first, those between -0.225 and 0.225, in whole parts per thousand
    assert model.coverage(0.9) == pytest.approx((50 + 22.5) / 100, abs=0.005)
    assert model.coverage(0.4) == pytest.approx((40 + 10) / 100, abs=0.005)
    model = LinearModel(num_users=1)
    model.set_residuals(torch.tensor([1.0]))
    assert math.isnan(model.coverage(0.9))
