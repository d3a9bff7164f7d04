from __future__ import annotations

import math
from datetime import datetime, timezone

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from graphcascade.errors import UsageError
from graphcascade.nn import TimeFeatures
from graphcascade.nn.time_features import FIELD_SIZES, calendar_rows

TIME = torch.tensor([5.0, 7.0, 7.0, 100.0, 3.0], dtype=torch.float64)
PTR = torch.tensor([0, 3, 4, 5])


def test_log_intervals_by_hand() -> None:
    features = TimeFeatures(scale=2.0, epsilon=0.1).double()
    result = features(TIME, PTR)
    assert result.shape == (5, features.dim)
    assert result.view(-1).tolist() == pytest.approx([0, math.log(1.1), math.log(0.1), 0, 0])


@pytest.mark.parametrize("calendar", [False, True])
def test_steps_equal_whole_cascades(calendar: bool) -> None:
    torch.manual_seed(0)
    features = TimeFeatures(calendar)
    if features.fields is not None:
        torch.nn.init.normal_(features.fields.weight)
    whole = features(TIME, PTR)
    first = features.step(TIME[PTR[:-1]])
    assert whole[PTR[:-1]].equal(first)
    assert whole[1:3].equal(features.step(TIME[1:3], TIME[0:2]))
    assert whole.shape == (5, features.dim)
    assert whole.dtype == torch.float32


@given(st.floats(-3e9, 3.1e9))
def test_fields_match_the_date(time: float) -> None:
    date = datetime.fromtimestamp(math.floor(time), tz=timezone.utc)
    year = min(max(date.year - 1970, 0), 99)
    expected = [year, date.month - 1, date.day - 1, date.weekday(), date.hour, date.minute, date.second]
    rows = calendar_rows(torch.tensor([time], dtype=torch.float64))[0].tolist()
    offset = 0
    for row, value, size in zip(rows, expected, FIELD_SIZES.values(), strict=True):
        assert row - offset == value
        assert 0 <= value < size
        offset += size


def test_months_and_days_of_leap_years_match_the_date() -> None:
    for date in ("2000-02-29", "1900-03-01", "2024-02-29", "2024-12-31", "2100-03-01"):
        time = datetime.fromisoformat(date).replace(tzinfo=timezone.utc).timestamp()
        rows = calendar_rows(torch.tensor([time], dtype=torch.float64))[0]
        assert rows[1] - 100 + 1 == int(date[5:7])
        assert rows[2] - 112 + 1 == int(date[8:])


def test_fields_are_looked_up_and_trained() -> None:
    features = TimeFeatures(calendar=True, calendar_dim=2)
    assert features.fields is not None
    assert features.dim == 1 + 7 * 2
    result = features(TIME, PTR)
    assert not result[:, 1:].any(), "the vectors start at zero"
    result.sum().backward()
    used = features.fields.weight.grad.any(1).nonzero().view(-1)
    assert used.equal(calendar_rows(TIME).unique())


def test_prepare_sets_the_scale() -> None:
    interval = torch.tensor([1.0, 3.0], dtype=torch.float64)
    features = TimeFeatures(scale=None)
    features.prepare(interval * 0)
    assert str(features) == "TimeFeatures(1, calendar=False, scale=1, epsilon=0.001)"
    features.prepare(interval)
    assert float(features.scale) == 2
    given = TimeFeatures(scale=5.0)
    given.prepare(interval)
    assert float(given.scale) == 5


def test_zero_events_give_zero_rows() -> None:
    features = TimeFeatures(calendar=True)
    none = torch.empty(0, dtype=torch.float64)
    assert features(none, torch.tensor([0])).shape == (0, features.dim)
    assert features.step(none, none).shape == (0, features.dim)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scale": 0.0}, r"scale=0.0\): must be a finite number above 0"),
        ({"epsilon": math.nan}, r"epsilon=nan\): must be a finite number above 0"),
        ({"calendar_dim": 0}, r"calendar_dim=0\): must be at least 1"),
    ],
)
def test_bad_arguments_raise_an_error(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        TimeFeatures(**arguments)


@pytest.mark.parametrize(
    ("unit", "absolute", "message"),
    [("h", True, "times are in h"), (None, True, "an unknown unit"), ("s", False, "relative to each cascade's source")],
)
def test_dates_need_unix_seconds(unit: str | None, absolute: bool, message: str) -> None:
    TimeFeatures().check(unit, absolute)
    TimeFeatures(calendar=True).check("s", True)
    with pytest.raises(UsageError, match=message):
        TimeFeatures(calendar=True).check(unit, absolute)
