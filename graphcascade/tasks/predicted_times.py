"""Converts predicted times for tables and files."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from graphcascade.data import CascadeDataset

__all__ = ["show_times"]

YEAR_10000 = 253_402_300_800  # seconds since 1970; datetime has no later dates
logger = logging.getLogger(__name__)


def show_times(frame: pd.DataFrame, dataset: CascadeDataset) -> pd.DataFrame:
    """Converts predicted times to dates if the data have dates; otherwise the name of the column gives the unit.

    Args:
        frame: Predictions, with or without a column ``time``.
        dataset: The cascades whose next events are predicted.

    Returns:
        The predictions. Dates are ISO 8601 in UTC, such as ``2024-05-01T12:00:00Z``.
    """
    from graphcascade.data.time_units import SECONDS

    if "time" not in frame or frame.empty:
        return frame
    last = float(dataset.table.time.max())
    before = int((frame["time"] < last).sum())
    if before:
        logger.info(
            "%s: %s of %s predicted times lie before the last event of the data; a time is predicted from the last "
            "event of its own cascade, whether or not that cascade has ended.",
            dataset.name,
            f"{before:,}",
            f"{len(frame):,}",
        )
    if dataset.time_unit is None:
        return frame
    factor = SECONDS[dataset.time_unit]
    seconds = frame["time"] * factor
    if not dataset.table.times_are_dates or not seconds.max() < YEAR_10000:
        return frame.rename(columns={"time": f"time ({dataset.time_unit})"})
    precision = "seconds" if factor >= 1 else "milliseconds"
    dates = [datetime.fromtimestamp(value, timezone.utc).isoformat(timespec=precision) for value in seconds]
    return frame.assign(time=[date.replace("+00:00", "Z") for date in dates])
