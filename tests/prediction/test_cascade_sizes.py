from __future__ import annotations

import logging
import math

import pytest

from graphcascade.errors import UsageError
from graphcascade.models import LSTM, LinearCascadeSize
from graphcascade.models.cascade_size import log_growth
from graphcascade.prediction import predict_cascade_sizes
from tests.models.cascade_size.small_cascades import growing_cascades


def test_each_cascade_that_reached_the_end_of_the_window_has_a_size() -> None:
    train, val, test = growing_cascades().splits()
    model = LinearCascadeSize.of(train, observe="10s").fit(train)
    model.calibrate(val)
    frame = predict_cascade_sizes(model, test, interval=0.8)
    observation = model.observe(test)
    y = model.predict(observation.cascades).tolist()
    low, high = model.interval(0.8) or (math.nan, math.nan)
    assert frame["cascade"].tolist() == observation.index.tolist()
    for row, value in zip(frame.itertuples(), y, strict=True):
        cascade = test[int(row.cascade)]
        seen = int((cascade.time < cascade.time[0] + 10).sum())
        assert row.events == seen
        so_far = cascade.num_nodes  # a cascade does not shrink
        assert row._4 == so_far
        assert row.size == pytest.approx(max(so_far, seen - 1 + 2**value))
        assert row.lower == pytest.approx(max(so_far, seen - 1 + 2 ** max(value + low, 0)))
        assert row.upper == pytest.approx(max(so_far, seen - 1 + 2 ** max(value + high, 0)))
    assert frame["item"].tolist() == [test.item_ids[int(test[i].item)] for i in frame["cascade"].tolist()]


def test_the_interval_holds_as_many_validation_cascades_as_it_says() -> None:
    train, val, _ = growing_cascades(300).splits(fractions=(0.4, 0.5, 0.1))
    model = LinearCascadeSize.of(train, observe="10s").fit(train)
    assert predict_cascade_sizes(model, val)[["lower", "upper"]].isna().all(axis=None)
    model.calibrate(val)
    observed = model.observe(val).cascades
    lower, upper = model.interval(0.9) or (math.nan, math.nan)
    residual = log_growth(observed) - model.predict(observed)
    inside = (residual >= lower - 1e-4) & (residual <= upper + 1e-4)
    assert float(inside.float().mean()) == pytest.approx(0.9, abs=0.03)
    assert model.coverage(0.9) == pytest.approx(0.9, abs=0.1)


def test_arguments_that_do_not_fit() -> None:
    data = growing_cascades(20)
    with pytest.raises(UsageError, match=r"interval=1\.0: must be between 0 and 1"):
        predict_cascade_sizes(LinearCascadeSize.of(data, observe="10s").fit(data), data, interval=1.0)
    with pytest.raises(UsageError, match="LinearCascadeSize was not trained yet"):
        predict_cascade_sizes(LinearCascadeSize.of(data, observe="10s"), data)
    with pytest.raises(UsageError, match="LSTM does not predict the size of cascades"):
        predict_cascade_sizes(LSTM(200), data)  # type: ignore[arg-type]


def test_too_few_validation_cascades_for_an_interval_are_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    train, val, test = growing_cascades().splits()
    model = LinearCascadeSize.of(train, observe="10s").fit(train)
    model.calibrate(val)
    count = int(model.num_residuals)
    with caplog.at_level(logging.WARNING):
        predict_cascade_sizes(model, test, interval=1 - 2 / (count + 1))
        assert "too few" not in caplog.text
        predict_cascade_sizes(model, test, interval=1 - 1 / (count + 1))
    assert f"{count} validation cascades are too few for intervals of" in caplog.text


def test_the_log_says_what_the_intervals_come_from(caplog: pytest.LogCaptureFixture) -> None:
    train, val, test = growing_cascades().splits()
    model = LinearCascadeSize.of(train, observe="10s").fit(train)
    model.calibrate(val)
    with caplog.at_level(logging.INFO):
        predict_cascade_sizes(model, test)
    assert f"intervals of 90 % from the errors on {int(model.num_residuals):,} validation cascades; those from one" in (
        caplog.text
    )
