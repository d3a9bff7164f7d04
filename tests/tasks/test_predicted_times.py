from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.io import from_pandas
from graphcascade.tasks.predicted_times import parse_now, show_times


def dataset(times: list[object], time_unit: str | None = None) -> CascadeDataset:
    return from_pandas(pd.DataFrame({"user": ["a", "b"], "item": ["x", "y"], "time": times}), time_unit=time_unit)


def test_times_are_dates_with_a_zone_if_the_data_have_dates() -> None:
    dates = dataset(["2024-05-01 12:00Z", "2024-05-02 12:00Z"])
    frame = pd.DataFrame({"time": [1714564800.0, math.nan]})
    assert show_times(frame, dates)["time"].tolist() == ["2024-05-01T12:00:00Z", None]
    assert show_times(frame, dataset([1.0, 2.0], "h")).columns.tolist() == ["time (h)"]


def test_now_is_a_date_or_a_number_in_the_unit_of_the_data() -> None:
    hours = dataset([1.0, 2.0], "h")
    assert parse_now("17.5", hours) == 17.5
    assert parse_now("1970-01-02T06:00Z", hours) == 30.0
    with pytest.raises(UsageError, match=r"now='noon': is neither a number nor a date"):
        parse_now("noon", hours)
    with pytest.raises(UsageError, match=r"now='2024-05-01T00:00Z': .* not known; state it, .*time_unit='s'"):
        parse_now("2024-05-01T00:00Z", CascadeDataset(replace(hours.table, time_unit=None)))
