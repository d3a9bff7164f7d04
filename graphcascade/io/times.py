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
from graphcascade.io.date_texts import DateOrder, DateTexts, parse_dates
from graphcascade.io.invalid_rows import InvalidRows
from graphcascade.io.lines import BLANKS, parse_number, shorten
from graphcascade.io.time_formats import check_time_format

__all__ = ["TimeForm", "convert_times", "to_number"]

Where = Callable[[int], str]  # returns the place of a row for messages
FloatArray = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Dates = tuple[FloatArray, Mask, Mask]
"""Seconds since 1970, a mask of dates without a time zone, and a mask of dates finer than a microsecond."""

logger = logging.getLogger(__name__)

NOT_OF_NUMBERS = re.compile(r"[^0-9eE+\-. \tnafityNAFITY]")  # float() also reads "1_000" and other white space
DIGIT = re.compile(r"[0-9]")
DECIMAL_COMMA = re.compile(r"[ \t]*-?[0-9]+,[0-9]+[ \t]*")
PATTERN = "%d.%m.%y %H:%M"  # an example of a form of dates
TICKS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}  # in a second
UNIX = {"unix": 1.0, "unix-ms": 1000.0}  # numbers in a second


def convert_times(
    column: pd.Series,
    time_unit: str | None,
    rows: InvalidRows | Where,
    time_format: str | None = None,
    form: TimeForm | None = None,
) -> tuple[FloatArray, str | None]:
    """Converts times to numbers. Dates become seconds since 1970; a date without a time zone is read as UTC.

    Args:
        column: Column of a table: numbers or dates, or strings of either.
        time_unit: Unit of times that are numbers.
        rows: Collects the invalid rows; or a function that returns the place of a row for messages, if the first
            invalid row is an error.
        time_format: Form of the times; see :class:`~graphcascade.options.TableReadOptions`.
        form: What is known about the times of the whole column, if it is read in portions; the caller checks it when
            all are read.

    Returns:
        The times and their unit. A time is NaN if it is invalid, or a number that is missing.

    Raises:
        DataError: A value is neither a number nor a date; a date is missing or before 1970; the column has both numbers
            and dates. It is not known whether dates such as 03/04/2024 begin with the day or with the month.
        UsageError: A unit is given for dates; the form of the times is unknown.
    """
    invalid = rows if isinstance(rows, InvalidRows) else InvalidRows("", where=rows)
    whole = form is None
    form = TimeForm() if form is None else form
    check_time_format(time_format)
    if getattr(column.dtype, "kind", None) == "m":
        raise DataError(
            f"{invalid.where(0)}: the time {str(column.iloc[0])!r} is a duration; convert the column to numbers with "
            '.dt.total_seconds(), whose unit is "s".'
        )
    if time_format is not None and time_unit is not None:
        reason = f"has no effect on times of the form {time_format}, which become seconds; leave it out"
        raise UsageError(argument="time_unit", value=time_unit, reason=reason)
    if time_format in UNIX:
        return _numbers(column, invalid) / UNIX[time_format], "s"
    is_number = pd.api.types.is_integer_dtype(column.dtype) or pd.api.types.is_float_dtype(column.dtype)
    if is_number and time_format is None:
        return _numbers(column, invalid), time_unit
    moments = _moments(column)
    if moments is not None:
        values: npt.NDArray[Any] = moments[0]
        missing: Mask = column.isna().to_numpy()
        _check_unit(time_unit)
        seconds, naive, fine = _from_moments(*moments)
        seconds[missing] = np.nan
    else:
        values = column.astype(object).to_numpy()
        missing = _is_missing(column, values)
        if time_format is None and form.are_numbers(values[~missing]):
            form.record_use(numbers=True)
            return _numbers(column, invalid), time_unit
        texts = ["" if gap else str(value).strip(BLANKS) for gap, value in zip(missing, values, strict=True)]
        if time_format is not None and "%" in time_format:
            seconds, naive, fine = _from_pattern(texts, time_format)
        else:
            dates = _from_texts(texts, time_format, invalid, form)
            seconds, naive, fine = dates.seconds, dates.naive, dates.fine
        unknown = np.isnan(seconds) & ~missing
        mixed: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        if time_format is None and unknown.any():
            numbers = np.array([to_number(value) is not None for value in values[unknown]], dtype=bool)
            if form.are_mostly_numbers(int(numbers.sum())):
                form.record_use(numbers=True)
                return _numbers(column, invalid), time_unit
            mixed = np.flatnonzero(unknown)[numbers]
        if whole:
            form.check_order()
        if mixed.size:
            _add_mixed(mixed, "is a number, and others in its column are not", values, invalid)
            unknown[mixed] = False
        if time_format is None:
            form.record_use(numbers=False)
        if whole:
            _check_unit(time_unit)
        expected = (
            "neither a number nor a date like 2024-05-01 12:30" if time_format is None else _describe(time_format)
        )

        def describe(row: int) -> str:
            hint, text = "", str(values[row])
            if DECIMAL_COMMA.fullmatch(text):
                hint = "; write decimal points"
            elif time_format is None and isinstance(values[row], str) and DIGIT.search(text):
                hint = (
                    "; if all dates have this form, name it with --time-format (in Python time_format=), such as "
                    f"{PATTERN!r}"
                )
            return f"the time {_shown(values, row)} is {expected}{hint}"

        invalid.add(unknown, "time not a date", str(column.name), values, describe)
    invalid.add(missing, "time missing", str(column.name), values, lambda row: "the time is missing")

    def first(found: Mask) -> tuple[str, str]:
        row = int(np.flatnonzero(found)[0])
        return invalid.where(row), repr(shorten(str(values[row])))

    invalid.add(
        seconds < 0,
        "date before 1970",
        str(column.name),
        values,
        lambda row: (
            f"the date {shorten(str(values[row]))!r} is before 1970; dates can be from 1970-01-01 to 9999-12-31 "
            "(UTC). Give earlier times as numbers, such as days since the first event"
        ),
    )
    for found, text in ((naive, "has no time zone and is read as UTC"), (fine, "is kept to about a microsecond")):
        if found.any() and text not in form.reported:
            form.reported.add(text)
            logger.warning("%s: the time %s %s.", *first(found), text)
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


def _numbers(column: pd.Series, invalid: InvalidRows) -> FloatArray:
    """Returns a column of numbers, NaN for those that are missing or invalid."""
    if pd.api.types.is_integer_dtype(column.dtype) or pd.api.types.is_float_dtype(column.dtype):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    values = column.astype(object).to_numpy()
    missing = _is_missing(column, values)
    result = np.full(len(values), np.nan)
    known = np.flatnonzero(~missing)
    fast = _fast_numbers(values[known])
    if fast is not None:
        result[known] = fast
        return result
    numbers = [to_number(value) for value in values[known]]
    wrong = known[[number is None for number in numbers]]
    result[known] = [math.nan if number is None else number for number in numbers]
    _add_mixed(wrong, "is not a number, as others in its column are", values, invalid)
    return result


def _fast_numbers(values: npt.NDArray[np.object_]) -> FloatArray | None:
    """Returns texts as numbers; ``None`` if one of them may not be a number."""
    if pd.api.types.infer_dtype(values, skipna=False) != "string" or NOT_OF_NUMBERS.search("".join(values)):
        return None
    try:
        return np.array(list(map(float, values)), dtype=np.float64)
    except ValueError:
        return None


def _is_missing(column: pd.Series, values: npt.NDArray[np.object_]) -> Mask:
    blank = np.array([isinstance(value, str) and not value.strip(BLANKS) for value in values], dtype=bool)
    missing: Mask = column.isna().to_numpy() | blank
    return missing


def _check_unit(time_unit: str | None) -> None:
    if time_unit is not None:
        reason = "the times are dates and become seconds; leave the unit out"
        raise UsageError(argument="time_unit", value=time_unit, reason=reason)


def _add_mixed(
    rows: npt.NDArray[np.int64], problem: str, values: npt.NDArray[np.object_], invalid: InvalidRows
) -> None:
    def reason(row: int) -> str:
        hint = "give all as numbers, or all as dates"
        if DECIMAL_COMMA.fullmatch(str(values[row])):
            hint = "write decimal points"
        return f"the time {_shown(values, row)} {problem}; {hint}"

    kind = "time not a number" if "not a number" in problem else "time not a date"
    invalid.add(rows, kind, "time", values, reason)


def _shown(values: npt.NDArray[np.object_], row: int) -> str:
    return shorten(repr(values[row]))


def _describe(time_format: str) -> str:
    examples = {
        "day-first": "no date like 31/12/2024 12:30",
        "month-first": "no date like 12/31/2024 12:30",
        "iso": "no date like 2024-12-31 12:30",
        "twitter": "no date like 'Wed Oct 10 20:19:24 +0000 2018'",
    }
    return examples.get(time_format, f"not of the form {time_format!r}")


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


def _from_texts(texts: list[str], time_format: str | None, invalid: InvalidRows, form: TimeForm) -> DateTexts:
    """Parses texts as dates. The caller checks that they show whether the day or the month comes first."""
    order: DateOrder = form.order if time_format is None else "day-first"
    if time_format == "month-first":
        order = "month-first"
    dates = parse_dates(texts, time_format, order)
    if time_format is not None:
        return dates
    form.add_dates(dates, texts, invalid.where)
    if not dates.first.any():
        return dates
    return dates if form.use_order() == order else parse_dates(texts, time_format, form.order)


class TimeForm:
    """What all times of a column show together: whether they are numbers or dates, and the order of day and month."""

    def __init__(self) -> None:
        self.reported: set[str] = set()
        self.order: DateOrder = "day-first"
        self._first: list[bool] = []  # whether the first two times are numbers
        self._num_times = 0
        self._num_numbers = 0  # of those in a column that begins with a date
        self._examples: dict[str, tuple[int, int, str, str]] = {}  # where dates show the order, and their texts
        self._other_form: str | None = None  # a date in which the year comes first, or the month has a name
        self._num_days = 0
        self._num_months = 0
        self._decided: bool | None = None
        self._used: set[bool] = set()
        self._used_orders: set[DateOrder] = set()

    def are_numbers(self, values: npt.NDArray[np.object_]) -> bool:
        """Adds times, and returns whether the column begins with numbers: the first two that are not missing."""
        if self._decided is not None:
            return self._decided
        added = [to_number(value) is not None for value in values[: 2 - len(self._first)]]
        self._first += added
        self._num_times += len(values)
        if self._begin_with_numbers() and len(self._first) < 2:  # a date may follow in the next portion
            self._num_numbers += len(added)
        return self._begin_with_numbers()

    def are_mostly_numbers(self, count: int) -> bool:
        """Adds numbers of a column that begins with a date, and returns whether at least half of all are numbers."""
        if self._decided is not None:
            return self._decided
        self._num_numbers += count
        return self._has_mostly_numbers()

    def record_use(self, *, numbers: bool) -> None:
        """Records how times were read."""
        self._used.add(numbers)

    def add_dates(self, dates: DateTexts, texts: list[str], where: Where) -> None:
        """Adds dates such as 03/04/2024."""
        days, months = np.flatnonzero(dates.first > 12), np.flatnonzero(dates.other > 12)
        for name, rows in (("day", days), ("month", months), ("any", np.flatnonzero(dates.first))):
            if rows.size and name not in self._examples:
                self._examples[name] = self._num_times, int(rows[0]), where(int(rows[0])), texts[rows[0]]
        others = np.flatnonzero((dates.first == 0) & ~np.isnan(dates.seconds))
        if others.size and self._other_form is None:
            self._other_form = texts[others[0]]
        if self._decided is None:
            self._num_days += len(days)
            self._num_months += len(months)
            self.order = "month-first" if self._num_months and not self._num_days else "day-first"

    def use_order(self) -> DateOrder:
        """Returns the order of day and month by which dates are read."""
        self._used_orders.add(self.order)
        return self.order

    def check_order(self) -> None:
        """Raises an error if dates do not show whether the day or the month comes first.

        Raises:
            DataError: Each comes first in some dates, or either could come first in all.
        """
        if "day" in self._examples and "month" in self._examples:
            first, other = sorted([self._examples["day"], self._examples["month"]])
            raise DataError(
                value=first[2],
                reason=f"the time {first[3]!r} and {other[3]!r} (in another row) cannot both "
                "have the day at the same place; name the form of the others with",
                remedy=("time_format", "day-first" if self._num_days >= self._num_months else "month-first"),
            )
        if "any" in self._examples and not {"day", "month"} & self._examples.keys():
            *_, where, text = self._examples["any"]
            reason = f"the time {text!r} can begin with the day or with the month"
            if self._other_form is not None:  # no single form reads both
                reason += f", and others, such as {self._other_form!r}, have another form; write all in the same form"
                raise DataError(value=where, reason=reason)
            reason += ", like all others; state which (day-first or month-first), for example with"
            raise DataError(value=where, reason=reason, remedy=("time_format", "day-first"))

    def settle(self, time_unit: str | None) -> bool:
        """Decides by all times; returns whether some of them were read in another way and must be read again.

        Raises:
            DataError: See :meth:`check_order`.
            UsageError: The times are dates, and a unit is given.
        """
        if self._decided is None and self._used:
            self._decided = self._begin_with_numbers() or self._has_mostly_numbers()
        if self._decided is False:
            self.check_order()
            _check_unit(time_unit)
        stale = self._used not in (set(), {self._decided}) or self._used_orders not in (set(), {self.order})
        self._used, self._used_orders = set(), set()
        return stale

    def _begin_with_numbers(self) -> bool:
        return bool(self._first) and all(self._first)

    def _has_mostly_numbers(self) -> bool:
        return self._num_numbers > 0 and self._num_numbers >= self._num_times - self._num_numbers


def _from_pattern(texts: list[str], pattern: str) -> Dates:
    """Parses texts by a pattern of strptime; those that do not fit are NaN."""
    try:
        moments = pd.to_datetime(pd.Series(texts, dtype=object), format=pattern, errors="coerce", utc=True)
    except ValueError as error:
        reason = f"is not a pattern of strptime ({shorten(str(error))})"
        raise UsageError(argument="time_format", value=pattern, reason=reason) from None
    ticks = moments.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    missing = np.isnat(ticks)
    seconds = np.where(missing, np.nan, ticks.astype(np.int64) / 1e6)
    naive = ~missing & ("%z" not in pattern and "%Z" not in pattern and "%s" not in pattern)
    return seconds, naive, np.zeros(len(texts), dtype=bool)
