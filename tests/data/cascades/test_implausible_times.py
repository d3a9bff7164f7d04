from __future__ import annotations

import logging
from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from graphcascade.data.cascades.implausible_times import find_implausible_times
from graphcascade.io import from_pandas

NOW = 1714521600.0  # 2024-05-01, in seconds
DAY = 86400.0


def find(times: list[float], unit: str | None = None, absolute: bool = True) -> list[int]:
    result = find_implausible_times(np.array(times), unit, absolute)
    return [] if result is None else result[0].tolist()


@pytest.mark.parametrize(
    ("times", "unit", "events"),
    [
        # Seconds among milliseconds or microseconds, and the other way round.
        ([1e3 * NOW, NOW, 1e3 * NOW + 5], None, [1]),
        ([NOW, 1e3 * NOW, NOW + 5], None, [1]),
        ([NOW, 1e6 * NOW, NOW + 5, 1e3 * NOW], "s", [1, 3]),
        ([1e6 * NOW, 1e6 * NOW + 5, NOW], "us", [2]),
        ([1e3 * NOW, NOW], None, [0]),
        # Placeholders: zero, 1970-01-02, 9999-12-31.
        ([NOW, NOW + 5, 0.0], None, [2]),
        ([NOW, NOW + 5, DAY], "s", [2]),
        ([NOW, NOW + 5, 253402214400.0], "s", [2]),
        # 300 years in days; two dates, of which either may be wrong.
        ([20000.0, 20001.0, 130000.0], "d", [2]),
        ([0.0, 253402214400.0], "s", [0, 1]),
        ([np.nan, NOW, 1e3 * NOW, NOW], None, [2]),
    ],
)
def test_implausible_times_are_found(times: list[float], unit: str | None, events: list[int]) -> None:
    assert find(times, unit) == events


@pytest.mark.parametrize(
    ("times", "unit"),
    [
        ([NOW, NOW + DAY, NOW - 365 * DAY], "s"),
        ([1e3 * NOW, 1e3 * (NOW + DAY)], "ms"),
        ([NOW, NOW + DAY, 365 * DAY], "s"),  # 1971
        ([NOW, NOW + DAY, NOW + 150 * 365 * DAY], "s"),  # 2174
        # Times that count from the first event, in any unit, have values of all sizes.
        ([0.0, 1.0, 50.0, 1e4, 1e6, 3e7, 5e8, 1e9, 2e9, 3e9], None),
        ([0.0, 1e-3, 0.1, 7.0], "s"),
        ([0.0, 1e12], None),
        ([0.0, NOW], "s"),
        ([NOW], None),
        ([0.0], "d"),
        ([np.nan, np.nan], None),
        ([], "s"),
    ],
)
def test_plausible_times_are_accepted(times: list[float], unit: str | None) -> None:
    assert find(times, unit) == []


def test_times_relative_to_each_source_may_be_large() -> None:
    assert find([NOW, NOW + 1, 0.0, 5.0], "s", absolute=False) == []
    assert find([5.0, 253402214400.0, 0.0], "s", absolute=False) == [1]


def test_a_warning_names_the_row_of_an_implausible_time(caplog: pytest.LogCaptureFixture) -> None:
    rows = [("ann", "x", "2024-05-01Z"), ("bob", "x", "9999-12-31Z"), ("eve", "y", "2024-06-01Z")]
    rows = [(user, item, date.replace("Z", "T00:00Z")) for user, item, date in rows]
    for order in permutations(rows):
        caplog.clear()
        table = from_pandas(pd.DataFrame(order, columns=["user", "item", "time"])).table
        assert 253402214400.0 in table.time.tolist()
        row = 1 + [user for user, _, _ in order].index("bob")
        assert [record.levelno for record in caplog.records if "cannot be" in record.message] == [logging.WARNING]
        assert (
            f"the DataFrame, row {row}: the time 253402214400 (9999-12-31T00:00:00) cannot be in seconds since "
            "1970, as the others are (1 such event). If it is a placeholder or in another unit, repair the data."
        ) in caplog.messages
