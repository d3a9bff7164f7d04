from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from graphcascade.data import CascadeDataset
from graphcascade.models import HawkesCascadeSize
from graphcascade.models.cascade_size import log_growth
from tests.models.cascade_size.small_cascades import growing_cascades
from tests.models.small_data import dataset_of


def test_predictions_equal_the_equation_event_by_event() -> None:
    data = growing_cascades()
    model = HawkesCascadeSize.of(data, observe="10s").fit(data)
    observation = model.observe(data)
    predicted = model.predict(observation.cascades).tolist()
    factor = model.branching_factor / (1 - model.branching_factor)
    for cascade, y in zip(data[observation.index], predicted, strict=True):
        time = (cascade.time - cascade.time[0]).tolist()
        growth = factor * sum(math.exp(-(10 - each) / model.decay_time) for each in time if each < 10)
        assert y == pytest.approx(math.log2(1 + growth))


def test_branching_factor_and_decay_of_exact_data_are_found() -> None:
    """The growth is what the equation gives for a branching factor of 0.8 and a decay time of 3, without rounding."""
    data = growing_cascades(80)
    true = HawkesCascadeSize.of(data, observe="10s")
    observed = true.window.apply(data).cascades
    true.scale.fill_(10.0)
    true.log_parameters.copy_(torch.tensor([math.log(4.0), math.log(0.3)], dtype=torch.float64))
    model = HawkesCascadeSize.of(data, observe="10s")
    model._fit_growth(observed, true.predict(observed))
    assert model.branching_factor == pytest.approx(0.8, rel=1e-3)
    assert model.decay_time == pytest.approx(3.0, rel=1e-2)


def test_later_events_weigh_more() -> None:
    early, late = ([[0.0, 1.0, 90.0]], [[0.0, 9.0, 90.0]])
    data = growing_cascades()
    model = HawkesCascadeSize.of(data, observe="10s").fit(data)
    values = [
        float(model.predict(model.window.apply(dataset_of([[0, 1, 2]], 3, times, time_unit="s")).cascades))
        for times in (early, late)
    ]
    assert values[0] < values[1]


def test_events_after_the_window_change_nothing_after_training() -> None:
    data = growing_cascades()
    model = HawkesCascadeSize.of(data, observe_events=2).fit(data)
    table = data.table
    position = torch.arange(table.num_events) - table.ptr[:-1].repeat_interleave(table.size)
    later = torch.where(position >= 2, table.time + 1, table.time)
    changed = CascadeDataset(replace(table, time=later, fingerprint=None))
    first, second = (model.predict(model.observe(each).cascades) for each in (data, changed))
    assert torch.equal(first, second)
    assert log_growth(model.observe(data).cascades).shape == first.shape
