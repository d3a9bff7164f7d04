from __future__ import annotations

import math
from statistics import median

import pytest
import torch

from graphcascade.errors import DataError, UsageError
from graphcascade.evaluation import evaluate_cascade_sizes
from graphcascade.models import LSTM, LinearCascadeSize, MeanCascadeSize
from tests.models.cascade_size.small_cascades import growing_cascades
from tests.models.small_data import dataset_of


def test_figures_equal_those_cascade_by_cascade() -> None:
    train, _, test = growing_cascades().splits()
    model = LinearCascadeSize.of(train, observe="10s").fit(train)
    result = evaluate_cascade_sizes(model, test)
    observation = model.observe(test)
    predicted = model.predict(observation.cascades).tolist()
    squared, relative = [], []
    for cascade, y in zip(test[observation.index], predicted, strict=True):
        seen = int((cascade.time < cascade.time[0] + 10).sum())
        growth = cascade.num_nodes - seen
        squared.append((y - math.log2(1 + growth)) ** 2)
        relative.append(abs(seen + 2**y - 1 - cascade.num_nodes) / cascade.num_nodes)
    assert result["MSLE"] == pytest.approx(sum(squared) / len(squared))
    assert result["Median relative error"] == pytest.approx(median(relative))
    assert result.counts["cascades"] == len(squared)
    assert result.counts["cascades that did not reach the end of the window, left out"] == len(test) - len(squared)


def test_intervals_hold_the_figures_and_are_those_of_a_bootstrap() -> None:
    train, _, test = growing_cascades(200).splits(fractions=(0.5, 0.1, 0.4))
    model = MeanCascadeSize.of(train, observe="10s").fit(train)
    rows = evaluate_cascade_sizes(model, test).metrics.set_index("metric")
    assert (rows["lower"] < rows["value"]).all()
    assert (rows["value"] < rows["upper"]).all()
    observed = model.observe(test).cascades
    y = torch.log2(1 + observed.table.growth.double())
    error = float((y - model.mean).square().std() / math.sqrt(y.numel()))
    assert rows["error"]["MSLE"] == pytest.approx(error, rel=0.1)
    narrow = evaluate_cascade_sizes(model, test, confidence=0.5).metrics.set_index("metric")
    assert narrow["upper"]["MSLE"] < rows["upper"]["MSLE"]


def test_cascades_of_the_training_and_other_models_raise_an_error() -> None:
    train, _, test = growing_cascades().splits()
    model = MeanCascadeSize.of(train, observe="10s").fit(train)
    with pytest.raises(UsageError, match="48 of 48 test cascades were in training"):
        evaluate_cascade_sizes(model, train)
    assert evaluate_cascade_sizes(model, train, allow_overlap=True).counts["cascades seen in training"] == 48
    with pytest.raises(UsageError, match="LSTM does not predict the size of cascades"):
        evaluate_cascade_sizes(LSTM(200), test)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="has reached the end of the window"):
        evaluate_cascade_sizes(
            MeanCascadeSize.of(train, observe_events=2).fit(train), dataset_of([[0], [1]], 2, time_unit="s")
        )
