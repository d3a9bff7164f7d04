"""Converts predicted times for tables and files."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from graphcascade.data import CascadeDataset

__all__ = ["parse_now", "show_times"]


def show_times(frame: pd.DataFrame, dataset: CascadeDataset) -> pd.DataFrame:
    """Converts predicted times to dates if the data have dates; otherwise the name of the column gives the unit.

    Args:
        frame: Predictions, with or without a column ``time``.
        dataset: The cascades whose next events are predicted.

    Returns:
        The predictions. Dates are ISO 8601 in UTC, such as ``2024-05-01T12:00:00Z``; ``None`` where no event
        can follow.
    """
    from graphcascade.data.time_units import SECONDS, YEAR_10000

    if "time" not in frame or frame.empty:
        return frame
    if dataset.time_unit is None:
        return frame
    factor = SECONDS[dataset.time_unit]
    seconds = frame["time"] * factor
    if not dataset.table.times_are_dates or not seconds.max() < YEAR_10000:
        return frame.rename(columns={"time": f"time ({dataset.time_unit})"})
    precision = "seconds" if factor >= 1 else "milliseconds"
    dates: list[Any] = [
        None if math.isnan(value) else datetime.fromtimestamp(value, timezone.utc).isoformat(timespec=precision)
        for value in seconds
    ]
    return frame.assign(time=[date and date.replace("+00:00", "Z") for date in dates])


def parse_now(text: str, dataset: CascadeDataset) -> float:
    """Returns a time that was typed, a number in the unit of the data or a date, as a number in this unit.

    Raises:
        UsageError: It is neither a number nor a date, or it is a date and the unit of the data is not known.
    """
    import pandas as pd

    from graphcascade.data.time_units import SECONDS
    from graphcascade.errors import DataError, UsageError
    from graphcascade.io.times import convert_times

    try:
        times, unit = convert_times(pd.Series([text]), None, lambda _: "now")
    except DataError:
        reason = "is neither a number nor a date like 2024-05-01T12:30Z"
        raise UsageError(argument="now", value=text, reason=reason) from None
    if unit is None:
        return float(times[0])
    if dataset.time_unit is None:
        reason = f"is a date, and the unit of the times of {dataset.name} is not known; state it, for example with"
        raise UsageError(argument="now", value=text, reason=reason, remedy=("time_unit", "s"))
    return float(times[0]) / SECONDS[dataset.time_unit]
