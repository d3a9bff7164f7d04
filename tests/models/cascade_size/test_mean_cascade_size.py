from __future__ import annotations

import math

import pytest
import torch

from graphcascade.errors import DataError, UsageError
from graphcascade.models import MeanCascadeSize
from tests.models.cascade_size.small_cascades import growing_cascades
from tests.models.small_data import dataset_of


def test_it_predicts_the_mean_of_the_logarithms() -> None:
    times = [[0.0, 1.0, 20.0], [100.0, 101.0, 121.0, 122.0, 123.0], [200.0]]
    data = dataset_of([[0, 1, 2], [0, 1, 2, 3, 4], [5]], 6, times)
    model = MeanCascadeSize.of(data, observe="10").fit(data[:2])
    assert float(model.mean) == pytest.approx((math.log2(2) + math.log2(4)) / 2)
    assert model.predict(model.observe(data[:2]).cascades).tolist() == [float(model.mean)] * 2


def test_cascades_that_do_not_grow() -> None:
    data = dataset_of([[0, 1], [2, 3]], 4, [[0.0, 1.0], [50.0, 51.0]])
    with pytest.raises(DataError, match=r"no.* after the window, the first 10 \(in the unit of the times\),"):
        MeanCascadeSize(4, observe="10").fit(data)


def test_a_model_that_was_not_trained() -> None:
    with pytest.raises(UsageError, match="MeanCascadeSize was not trained yet"):
        MeanCascadeSize(3, observe="10").require_trained()


def test_data_in_another_unit_of_time_give_the_same() -> None:
    data = growing_cascades(8)
    minutes = data.copy()
    minutes._set_table(type(data.table)(**{**vars(data.table), "time": data.table.time / 60, "time_unit": "min"}))
    model = MeanCascadeSize.of(data, observe="10s").fit(data)
    assert torch.equal(model.observe(minutes).cascades.table.user, model.observe(data).cascades.table.user)
