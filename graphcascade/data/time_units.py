from __future__ import annotations

from datetime import datetime, timezone

__all__ = ["SECONDS", "YEAR_10000", "format_date", "format_time"]

SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
"""Units of time that data may have, in seconds."""

YEAR_10000 = 253_402_300_800
"""The beginning of this year in seconds since 1970; dates of Python are earlier."""


def format_date(seconds: float) -> str:
    """Formats seconds since 1970 as a date in UTC.

    >>> format_date(1714566600)
    '2024-05-01 12:30 UTC'
    """
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M} UTC"


def format_time(time: float, unit: str | None, are_dates: bool) -> str:
    """Formats a time of data: as a date in UTC if the data have dates, otherwise as a number.

    >>> format_time(90.0, "s", are_dates=False)
    '90'
    """
    return format_date(time * SECONDS[unit]) if are_dates and unit is not None else f"{time:,.10g}"
