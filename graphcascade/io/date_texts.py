"""Dates as texts, which are parsed by their shape: all texts with digits at the same places together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["ISO_DATE", "DateOrder", "DateTexts", "is_date", "parse_dates"]

Mask = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
DateOrder = Literal["day-first", "month-first"]

ZONE = r"(?P<zone> ?(?:Z|UTC|GMT|(?P<sign>[+-])(?P<zh>\d\d?)(?::?(?P<zm>\d\d)(?::?(?P<zs>\d\d))?)?))?"
ISO_DATE = re.compile(
    r"(?P<year>\d{4})(?P<mark>[-/]?)(?P<month>\d\d)(?:(?P=mark)(?P<day>\d\d)"
    r"(?:[T ](?P<hour>\d\d)(?::?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?)?" + ZONE + r")?)?",
    re.ASCII | re.IGNORECASE,
)
NUMERIC = re.compile(
    r"(?P<first>\d\d?)(?P<mark>[-/.])(?P<other>\d\d?)(?P=mark)(?P<year>\d{4})"
    r"(?:(?:,? |T)(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?"
    r"(?: ?(?P<half>[AP])\.?M\.?)?" + ZONE + r")?",
    re.ASCII | re.IGNORECASE,
)
TWITTER = re.compile(
    r"[A-Z]{3} (?P<name>[A-Z]{3}) (?P<day>\d\d?) (?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
    r"(?P<zone> (?:UTC|GMT|(?P<sign>[+-])(?P<zh>\d\d)(?P<zm>\d\d)))? (?P<year>\d{4})",
    re.ASCII | re.IGNORECASE,
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
FORMS = {"iso": (ISO_DATE,), "twitter": (TWITTER,), "day-first": (NUMERIC,), "month-first": (NUMERIC,)}
"""Forms of dates by the names of time formats."""
LONGEST = 64  # characters of a date, and those of longer texts that are looked at


@dataclass(frozen=True, eq=False)
class DateTexts:
    """Dates that were parsed from texts.

    Args:
        seconds: Seconds since 1970 (UTC), ``[N]`` float64.
        valid: Which texts are dates.
        naive: Which dates have no time zone.
        fine: Which dates are finer than a microsecond.
        first, other: The two numbers of dates such as 03/04/2024, in this order, 0 for other texts.
    """

    seconds: npt.NDArray[np.float64]
    valid: Mask
    naive: Mask
    fine: Mask
    first: Integers
    other: Integers


def is_date(text: str) -> bool:
    """Returns whether a text has the form of a date."""
    return any(form.fullmatch(text) for form in (ISO_DATE, NUMERIC, TWITTER))


def parse_dates(texts: Sequence[str], form: str | None = None, order: DateOrder = "day-first") -> DateTexts:
    """Parses texts as dates; those of an unknown form are not valid.

    Args:
        texts: The texts, without blanks around them.
        form: Form of all dates: "iso", "twitter", "day-first" or "month-first"; any by default.
        order: What comes first in dates such as 03/04/2024.
    """
    size = len(texts)
    result = DateTexts(
        np.full(size, np.nan), *(np.zeros(size, dtype=bool) for _ in range(3)), *np.zeros((2, size), dtype=np.int64)
    )
    if size == 0:
        return result
    if not all(map(str.isascii, texts)) or any("\0" in text for text in texts):
        texts = [text if text.isascii() and "\0" not in text else "?" for text in texts]
    table: npt.NDArray[np.bytes_] = np.array([text[:LONGEST] for text in texts], dtype="S")
    letters = table.view(np.uint8).reshape(size, -1)
    shapes = np.where((letters >= ord("0")) & (letters <= ord("9")), np.uint8(ord("0")), letters)
    codes, unique = pd.factorize(shapes.view(table.dtype).ravel().astype(object))
    order_of_rows = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(unique)))
    for shape, start, end in zip(unique, [0, *ends[:-1].tolist()], ends.tolist(), strict=True):
        text = shape.decode()
        if len(text) == LONGEST or text.isdigit():
            continue
        for pattern in FORMS.get(form or "", (ISO_DATE, NUMERIC, TWITTER)):
            match = pattern.fullmatch(text)
            if match is not None:
                _parse_shape(match, letters, order_of_rows[start:end], order, result)
                break
    return result


def _parse_shape(
    match: re.Match[str], letters: npt.NDArray[np.uint8], rows: Integers, order: str, result: DateTexts
) -> None:
    """Parses the dates of one shape into ``result``."""
    groups = match.re.groupindex

    def number(name: str, default: int = 0, digits: int = 15) -> Integers:
        if name not in groups or match[name] is None:
            return np.full(len(rows), default, dtype=np.int64)
        start, end = match.span(name)
        end = min(end, start + digits)
        powers = 10 ** np.arange(end - start - 1, -1, -1, dtype=np.int64)
        return (letters[rows, start:end].astype(np.int64) - ord("0")) @ powers

    if "first" in groups:
        pair = number("first"), number("other")
        result.first[rows], result.other[rows] = pair
        day, month = pair if order == "day-first" else pair[::-1]
    else:
        day, month = number("day", 1), number("month")
        if "name" in groups:
            name = match["name"].lower()
            month = np.full(len(rows), MONTHS.index(name) + 1 if name in MONTHS else 0)
    hour, minute, second = (number(name) for name in ("hour", "minute", "second"))
    valid = (hour < 24) & (minute < 60) & (second < 60) & (month >= 1) & (month <= 12) & (day >= 1)
    if "half" in groups and match["half"]:
        valid &= (hour >= 1) & (hour <= 12)
        hour = hour % 12 + 12 * (match["half"].lower() == "p")
    months = ((number("year") - 1970) * 12 + np.where(valid, month, 1) - 1).astype("datetime64[M]")
    first_day = months.astype("datetime64[D]").astype(np.int64)
    valid &= first_day + day <= (months + 1).astype("datetime64[D]").astype(np.int64)
    zone_hour, zone_minute, zone_second = (number(name) for name in ("zh", "zm", "zs"))
    valid &= (zone_hour < 24) & (zone_minute < 60) & (zone_second < 60)
    shift = 3600 * zone_hour + 60 * zone_minute + zone_second
    if "sign" in groups and match["sign"] == "-":
        shift = -shift
    whole = 86400 * (first_day + day - 1) + 3600 * hour + 60 * minute + second - shift
    fraction = np.zeros(len(rows))
    if "fraction" in groups and match["fraction"]:
        digits = min(len(match["fraction"]), 15)
        fraction[:] = number("fraction") / 10.0**digits
        start, end = match.span("fraction")
        result.fine[rows] = (letters[rows, start + 6 : end] != ord("0")).any(axis=1)
    result.seconds[rows] = np.where(valid, whole + fraction, np.nan)
    result.valid[rows] = valid
    result.naive[rows] = valid & (match["zone"] is None)
