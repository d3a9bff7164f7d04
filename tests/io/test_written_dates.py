from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from graphcascade.io.times import convert_times
from graphcascade.io.written_dates import to_dates


def test_dates_are_iso_8601_in_utc() -> None:
    dates = to_dates(np.array([0.0, 1714564800.0, np.nan]))
    assert dates is not None
    assert dates.tolist() == ["1970-01-01T00:00:00Z", "2024-05-01T12:00:00Z", None]


def test_dates_are_read_again_as_the_same_times() -> None:
    texts = [
        "2024-05-01 12:00:00.123456Z",
        "1999-12-31 23:59:59.999999Z",
        "9999-12-31 00:00:00.5Z",
        "1970-01-01 00:00Z",
    ]
    times, _ = convert_times(pd.Series(texts), None, str)
    dates = to_dates(times)
    assert dates is not None
    again, unit = convert_times(pd.Series(dates), None, str)
    assert unit == "s"
    assert np.array_equal(again, times)


@pytest.mark.parametrize("times", [[-1.0], [1 / 3], [1e13], [np.nan]])
def test_times_that_dates_cannot_hold_exactly_are_not_converted(times: list[float]) -> None:
    assert to_dates(np.array(times)) is None
