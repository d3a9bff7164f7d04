"""Conversion of columns of times, which are numbers or dates, to numbers."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcascade.errors import DataError, UsageError
from graphcascade.io.lines import BLANKS, parse_number, shorten

__all__ = ["DATE", "convert_times", "to_number"]

Where = Callable[[int], str]  # returns the place of a row for messages
FloatArray = npt.NDArray[np.float64]
Dates = tuple[FloatArray, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]
"""Seconds since 1970, a mask of dates without a time zone, and a mask of dates finer than a microsecond."""

logger = logging.getLogger(__name__)

# Year, separator, month, day, hour, minute, second, fraction; zone, and its sign, hours, minutes, seconds.
DATE = re.compile(
    r"(\d{4})([-/]?)(\d\d)(?:\2(\d\d)(?:[T ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?"
    r" ?(Z|UTC|([+-])(\d\d?)(?::?(\d\d)(?::?(\d\d))?)?)?)?)?",
    re.ASCII | re.IGNORECASE,
)
TICKS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}  # in a second


def convert_times(column: pd.Series, time_unit: str | None, where: Where) -> tuple[FloatArray, str | None]:
    """Converts times to numbers. Dates become seconds since 1970; a date without a time zone is read as UTC.

    Args:
        column: Column of a table: numbers or dates, or strings of either.
        time_unit: Unit of times that are numbers.
        where: Returns the place of a row for messages.

    Returns:
        The times, NaN for numbers that are missing, and their unit.

    Raises:
        DataError: A value is neither a number nor a date; a date is missing or before 1970; the column has both numbers
            and dates.
        UsageError: A unit is given for dates.
    """
    if pd.api.types.is_integer_dtype(column.dtype) or pd.api.types.is_float_dtype(column.dtype):
        return column.to_numpy(dtype=np.float64, na_value=np.nan), time_unit
    if getattr(column.dtype, "kind", None) == "m":
        raise DataError(
            f"{where(0)}: the time {str(column.iloc[0])!r} is a duration; convert the column to numbers with "
            '.dt.total_seconds(), whose unit is "s".'
        )
    missing = column.isna().to_numpy()
    moments = _moments(column)
    if moments is None:
        values: npt.NDArray[Any] = column.astype(object).to_numpy()
        missing = missing | np.array([isinstance(v, str) and not v.strip(BLANKS) for v in values], dtype=bool)
        numbers = [to_number(value) for value in values]
        is_number = np.array([number is not None for number in numbers]) & ~missing
        others = ~is_number & ~missing
        if is_number.any():
            if others.any():
                raise _mixed_error(values, is_number, others, where)
            return np.array(numbers, dtype=np.float64), time_unit  # check_events names the row of a NaN
    if missing.any():
        raise DataError(f"{where(int(np.flatnonzero(missing)[0]))}: the time is missing.")
    if time_unit is not None:
        raise UsageError(
            argument="time_unit", value=time_unit, reason="the times are dates and become seconds; leave the unit out"
        )
    if moments is None:
        seconds, naive, fine = _from_texts(values, where)
    else:
        values = moments[0]
        seconds, naive, fine = _from_moments(*moments)

    def first(rows: npt.NDArray[np.bool_]) -> tuple[str, str]:
        row = int(np.flatnonzero(rows)[0])
        return where(row), repr(shorten(str(values[row])))

    if (seconds < 0).any():
        place, date = first(seconds < 0)
        raise DataError(
            f"{place}: the date {date} is before 1970; dates can be from 1970-01-01 to 9999-12-31 (UTC). Give earlier "
            "times as numbers, such as days since the first event."
        )
    if naive.any():
        logger.warning("%s: the time %s has no time zone and is read as UTC.", *first(naive))
    if fine.any():
        logger.warning("%s: the time %s is kept to about a microsecond.", *first(fine))
    return seconds, "s"


def to_number(value: object) -> float | None:
    """Returns a value as a number, or ``None`` if it is not one (pandas.to_numeric would round some numbers)."""
    if isinstance(value, bool | np.bool_):
        return None
    try:
        if isinstance(value, str):
            return parse_number(value)
        return float(value) if isinstance(value, Real | Decimal) else None
    except OverflowError:
        return math.inf
    except ValueError:
        return None


def _mixed_error(
    values: npt.NDArray[np.object_], is_number: npt.NDArray[np.bool_], others: npt.NDArray[np.bool_], where: Where
) -> DataError:
    if is_number.sum() < others.sum():
        row, problem = int(np.flatnonzero(is_number)[0]), "is a number, and others in its column are not"
    else:
        row, problem = int(np.flatnonzero(others)[0]), "is not a number, as others in its column are"
    shown = shorten(repr(values[row]))
    return DataError(f"{where(row)}: the time {shown} {problem}; give all as numbers, or all as dates.")


def _moments(column: pd.Series) -> tuple[npt.NDArray[np.datetime64], bool] | None:
    """Returns a column of dates in UTC, and whether it has a time zone; ``None`` for other columns."""
    dtype = column.dtype
    if isinstance(dtype, pd.ArrowDtype):
        unit = getattr(dtype.pyarrow_dtype, "unit", None)
        if dtype.kind != "M" or unit not in TICKS:
            return None
        ticks = column.astype("int64[pyarrow]").to_numpy(dtype=np.int64, na_value=0)
        return ticks.astype(f"datetime64[{unit}]"), dtype.pyarrow_dtype.tz is not None
    if not pd.api.types.is_datetime64_any_dtype(dtype):
        return None
    has_zone = column.dt.tz is not None
    return (column.dt.tz_convert(None) if has_zone else column).to_numpy(), has_zone


def _from_moments(moments: npt.NDArray[np.datetime64], has_zone: bool) -> Dates:
    ticks = TICKS[np.datetime_data(moments.dtype)[0]]
    seconds, rest = np.divmod(moments.astype(np.int64), ticks)
    return seconds + rest / ticks, np.full(len(moments), not has_zone), rest * (10**9 // ticks) % 1000 != 0


def _from_texts(values: npt.NDArray[np.object_], where: Where) -> Dates:
    found = [DATE.fullmatch(str(value).strip(BLANKS)) for value in values]
    if None in found:
        raise _date_error(values, found.index(None), where)
    matches = [match for match in found if match is not None]
    texts = [f"{m[1]}-{m[3]}-{m[4] or '01'}T{m[5] or '00'}:{m[6] or '00'}:{m[7] or '00'}" for m in matches]
    try:
        seconds = np.array(texts, dtype="datetime64[s]").astype(np.int64)
    except ValueError:
        raise _date_error(values, next(row for row, text in enumerate(texts) if not _exists(text)), where) from None
    zones = [m.group(10, 11, 12, 13) for m in matches]
    offset = {zone: _offset(*zone) for zone in set(zones)}
    if None in offset.values():
        raise _date_error(values, next(row for row, zone in enumerate(zones) if offset[zone] is None), where)
    shift = np.array([offset[zone] for zone in zones], dtype=np.int64)
    fraction = np.array([float(f"0.{m[8]}") if m[8] else 0.0 for m in matches])
    naive = np.array([m[9] is None for m in matches])
    return seconds - shift + fraction, naive, np.array([bool(m[8] and m[8][6:].strip("0")) for m in matches])


def _exists(text: str) -> bool:
    try:
        np.datetime64(text)
    except ValueError:
        return False
    return True


def _offset(sign: str | None, *parts: str | None) -> int | None:
    """Returns the offset from UTC in seconds; ``None`` if there is no such time zone."""
    hours, minutes, seconds = (int(part or 0) for part in parts)
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    return (-1 if sign == "-" else 1) * (3600 * hours + 60 * minutes + seconds)


def _date_error(values: npt.NDArray[np.object_], row: int, where: Where) -> DataError:
    shown = shorten(repr(values[row]))
    return DataError(f"{where(row)}: the time {shown} is neither a number nor a date like 2024-05-01 12:30.")
