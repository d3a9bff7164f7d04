"""Dates in the files that are written."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from graphcascade.data.time_units import YEAR_10000

__all__ = ["to_dates"]

MICROSECONDS = 1_000_000  # in a second


def to_dates(seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.object_] | None:
    """Converts seconds since 1970 to dates such as ``2024-05-01T12:00:00Z``.

    Args:
        seconds: The times; NaN where there is none.

    Returns:
        The dates, to the second if all times are whole and otherwise to the microsecond; ``None`` where there is no
        time. ``None`` instead of the array if reading the dates would not give exactly these times.
    """
    known = np.isfinite(seconds)
    values = seconds[known]
    if not known.any() or values.min() < 0 or values.max() >= YEAR_10000:
        return None
    ticks = np.rint(values * MICROSECONDS).astype(np.int64)
    if not np.array_equal(ticks / MICROSECONDS, values):
        return None
    unit: Literal["us", "s"] = "us" if (ticks % MICROSECONDS).any() else "s"
    dates = np.full(len(seconds), None, dtype=object)
    dates[known] = np.datetime_as_string(ticks.astype("datetime64[us]"), unit=unit, timezone="UTC")
    return dates
