from __future__ import annotations

import datetime
from decimal import Decimal
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from graphcascade.errors import DataError, UsageError
from graphcascade.io.times import convert_times

pa = pytest.importorskip("pyarrow")
MAY = 1714521600.0  # 2024-05-01 00:00 UTC


def read(column: Any) -> list[float]:
    times, unit = convert_times(pd.Series(column), None, lambda row: f"row {row + 1}")
    assert unit == "s"
    return times.tolist()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2024-05-01", MAY),
        ("2024/05/01", MAY),
        ("2024-05", MAY),
        ("2024-05-01 12", MAY + 43200),
        ("2024-05-01T12:30", MAY + 45000),
        ("2024-05-01 12:30:07", MAY + 45007),
        ("20240501T123007", MAY + 45007),
        (" 2024-05-01\t", MAY),
        ("2024-05-01T00:00:00.25", MAY + 0.25),
        ("2024-05-01T00:00:00,25", MAY + 0.25),
        ("2024-05-01T00:00:00.123456", MAY + 0.123456),
        ("2024-05-01T12:00Z", MAY + 43200),
        ("2024-05-01t12:00z", MAY + 43200),
        ("2024-05-01 12:00:00 UTC", MAY + 43200),
        ("2024-05-01T12:00+02:00", MAY + 36000),
        ("2024-05-01T12:00+02", MAY + 36000),
        ("2024-05-01T12:00 +0200", MAY + 36000),
        ("2024-05-01T12:00-05:30", MAY + 43200 + 5.5 * 3600),
        ("2024-02-29", 1709164800.0),
        ("1970-01-01", 0.0),
        ("1970-01-01T02:00+02:00", 0.0),
        ("2262-04-12", 9223372800.0),  # the nanoseconds of pandas end one day earlier
        ("2300-01-01", 10413792000.0),
        ("9999-12-31", 253402214400.0),
        ("9999-12-31T23:59:59Z", 253402300799.0),
    ],
)
def test_texts_of_dates_become_seconds(text: str, seconds: float) -> None:
    for dtype in (object, "string", "category", "str", "string[pyarrow]"):
        assert read(pd.Series([text, "2024-05-01"]).astype(dtype)) == [seconds, MAY]


@pytest.mark.parametrize(
    "text",
    [
        "noon",
        "2024-13-01",
        "2023-02-29",
        "2024-05-01 24:00",
        "2024-05-01 12:60",
        "2024-05-01T12:00+24:00",
        "2024-05-01T12:00+02:60",
        "2024-05-1",
        "2024-5-01",
        "2024-05/01",
        "2024-05-01T",
        "2024-05-01+02:00",
        "now",
        "today",
        "NaT",
        "12:30",
        "+12024-05-01",
        "\uff12024-05-01",
        "2024-05-01\u00a012:30",
        "2024-05-01\n",
    ],
)
def test_a_text_that_is_not_a_date_raises_an_error(text: str) -> None:
    for column in (["2024-05-01", text], ["2024-05-01T12:00+02:00", text]):
        with pytest.raises(DataError, match=r"^row 2: the time '.*' is neither a number nor a date"):
            read(column)


def test_a_time_without_a_zone_is_utc_whatever_the_rows_around_it() -> None:
    expected = {
        "2024-05-01T12:00+02:00": MAY + 36000,
        "2024-05-01T12:00": MAY + 43200,
        "2024-05-01T12:00-07:00": MAY + 19 * 3600,
        "2024-05-01": MAY,
        "2024-05-01T13:00Z": MAY + 46800,
    }
    for order in permutations(expected):
        assert read(list(order)) == [expected[text] for text in order]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Tokyo"])
def test_columns_of_dates_are_read_in_every_unit(unit: str, zone: str | None) -> None:
    utc = pd.Series(np.array(["2024-05-01T00:00:00", "2024-05-01T12:30:07"], dtype=f"datetime64[{unit}]"))
    column = utc if zone is None else utc.dt.tz_localize("UTC").dt.tz_convert(zone)
    assert column.dt.unit == unit
    arrow = utc.astype(pd.ArrowDtype(pa.timestamp(unit))).astype(pd.ArrowDtype(pa.timestamp(unit, zone)))
    for given in (column, column.astype(object), arrow):
        assert read(given) == [MAY, MAY + 45007]


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
def test_dates_beyond_the_range_of_nanoseconds_are_read(unit: str) -> None:
    column = pd.Series(np.array(["9999-12-31", "2300-01-01", "1970-01-01"], dtype=f"datetime64[{unit}]"))
    for given in (column, column.dt.tz_localize("UTC"), column.astype(pd.ArrowDtype(pa.timestamp(unit)))):
        assert read(given) == [253402214400.0, 10413792000.0, 0.0]


def test_fractions_of_seconds_are_kept_to_the_last_bit() -> None:
    for unit, text in (("ms", "00.123"), ("us", "00.123457"), ("ns", "00.123456789")):
        column = pd.Series(np.array([f"2024-05-01T00:00:{text}"], dtype=f"datetime64[{unit}]"))
        assert read(column) == read([f"2024-05-01T00:00:{text}Z"]) == [MAY + float(text)]


def test_objects_of_dates_become_seconds() -> None:
    zone = datetime.timezone(datetime.timedelta(hours=2))
    values = [
        datetime.date(2024, 5, 1),
        datetime.datetime(2024, 5, 1, 12),
        datetime.datetime(2024, 5, 1, 12, tzinfo=zone),
        pd.Timestamp("2024-05-01 12:00", tz="Asia/Tokyo"),
        np.datetime64("2024-05-01T12:00"),
        "2024-05-01 12:00",
        datetime.datetime(9999, 12, 31),
    ]
    expected = [MAY, MAY + 43200, MAY + 36000, MAY + 10800, MAY + 43200, MAY + 43200, 253402214400.0]
    assert read(pd.Series(values, dtype=object)) == expected
    days = pd.Series([datetime.date(2024, 5, 1)] * 2).astype(pd.ArrowDtype(pa.date32()))
    assert read(days) == [MAY, MAY]
    assert read(pd.Series(pd.period_range("2024-05-01", periods=1))) == [MAY]


@pytest.mark.parametrize(
    "column",
    [
        ["2024-05-01", "1600-05-01"],
        ["2024-05-01", "1969-12-31T23:59:59Z"],
        ["2024-05-01", "1970-01-01T00:00+01:00"],
        np.array(["2024-05-01", "1600-05-01"], dtype="datetime64[s]"),
        pd.Series([datetime.date(2024, 5, 1), datetime.date(1600, 5, 1)], dtype=object),
        pd.Series(np.array(["2024-05-01", "1600-05-01"], dtype="datetime64[us]")).astype(
            pd.ArrowDtype(pa.timestamp("us"))
        ),
    ],
    ids=str,
)
def test_dates_before_1970_are_an_error_that_names_the_range(column: Any) -> None:
    with pytest.raises(
        DataError, match=r"^row 2: the date '1\d{3}-.*' is before 1970; dates can be from 1970-01-01 to 9999-12-31"
    ):
        read(column)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (["5", "2024-05-01", "2024-05-02"], "row 1: the time '5' is a number, and others in its column are not"),
        (["2024-05-01", "2024-05-02", "5"], "row 3: the time '5' is a number, and others in its column are not"),
        (["5", "2024-05-01", "6"], "row 2: the time '2024-05-01' is not a number, as others in its column are"),
        (["20240501", "2024-05-01", "20240501"], "row 2: the time '2024-05-01' is not a number"),
        (pd.Series([5, pd.Timestamp("2024-05-01"), 6], dtype=object), "row 2: the time Timestamp.* is not a number"),
    ],
)
def test_numbers_among_dates_raise_an_error(column: Any, message: str) -> None:
    with pytest.raises(DataError, match=f"^{message}"):
        read(column)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([Decimal("7.5"), Decimal(5)], dtype=object),
        pd.Series([Decimal("7.5"), Decimal(5)], dtype=pd.ArrowDtype(pa.decimal128(38, 2))),
        pd.Series([7.5, 5], dtype="double[pyarrow]"),
        pd.Series([7.5, 5], dtype="category"),
        pd.Series(["7.5", "5"], dtype="string[pyarrow]"),
        pd.Series(["7.5", 5], dtype=object),
    ],
    ids=lambda column: str(column.dtype),
)
def test_numbers_are_read_in_every_dtype(column: pd.Series) -> None:
    times, unit = convert_times(column, "h", str)
    assert (times.tolist(), unit) == ([7.5, 5.0], "h")


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([datetime.time(12), datetime.time(13)], dtype=object),
        pd.Series([1, 2], dtype=object).astype(bool),
        pd.Series([1 + 0j, 2]),
        pd.Series([b"2024-05-01", b"2024-05-02"], dtype=object),
        pd.Series([{"a": 1}, {"a": 2}], dtype=object),
    ],
    ids=lambda column: str(column.dtype),
)
def test_columns_that_are_not_times_raise_an_error(column: pd.Series) -> None:
    with pytest.raises(DataError, match=r"^row 1: the time .* is neither a number nor a date"):
        read(column)


@pytest.mark.parametrize("dtype", ["timedelta64[ns]", pd.ArrowDtype(pa.duration("ns"))])
def test_durations_are_an_error_with_the_way_to_convert_them(dtype: Any) -> None:
    column = pd.Series(pd.to_timedelta([90, 120], unit="s")).astype(dtype)
    with pytest.raises(DataError, match=r"^row 1: the time '0 days 00:01:30' is a duration; .*\.dt\.total_seconds\(\)"):
        convert_times(column, None, lambda row: f"row {row + 1}")


def formatted(values: list[str], time_format: str | None = None) -> list[float]:
    times, unit = convert_times(pd.Series(values, name="time"), None, lambda row: f"row {row + 1}", time_format)
    assert unit == "s"
    return times.tolist()


@pytest.mark.parametrize(
    ("values", "time_format"),
    [
        (["31/12/2024 12:30", "1/2/2025"], None),
        (["31.12.2024 12:30", "01.02.2025"], None),
        (["31-12-2024T12:30:00Z", "01-02-2025"], None),
        (["12/31/2024 12:30", "2/1/2025"], None),
        (["12/31/2024 12:30 PM", "02/01/2025 12:00 AM"], None),
        (["12/31/2024, 12:30:00 p.m.", "2/1/2025"], None),
        (["Tue Dec 31 12:30:00 +0000 2024", "Sat Feb 01 01:00:00 +0100 2025"], None),
        (["2024-12-31 12:30", "01/02/2025 00:00 +0000"], "%Y-%m-%d %H:%M"),
        (["1735648200", "1738368000"], "unix"),
        (["1735648200000", "1738368000000"], "unix-ms"),
    ],
)
def test_usual_forms_of_dates_are_found(values: list[str], time_format: str | None) -> None:
    expected = [1735648200.0, 1738368000.0]
    if time_format == "%Y-%m-%d %H:%M":
        with pytest.raises(DataError, match=r"row 2: the time '01/02/2025 00:00 \+0000' is not of the form '%Y-%m"):
            formatted(values, time_format)
        values[1] = "2025-02-01 00:00"
    assert formatted(values, time_format) == expected


def test_dates_that_may_begin_with_the_day_or_the_month_raise_an_error() -> None:
    with pytest.raises(DataError, match=r"row 1: .*'03/04/2024' can begin with the day or .*time_format='day-first'"):
        formatted(["03/04/2024", "05/04/2024"])
    for other in ("2024-01-01", "Wed Oct 10 20:19:24 +0000 2018"):  # "day-first" would not read these
        with pytest.raises(DataError, match=r"row 2: .* and others, such as '.*[18]', have another form; write all in"):
            formatted([other, "03/04/2024"])
    april, march = pd.Timestamp("2024-04-03").timestamp(), pd.Timestamp("2024-03-04").timestamp()
    assert formatted(["03/04/2024"], "day-first") == [april]
    assert formatted(["03/04/2024"], "month-first") == [march]
    assert formatted(["03/04/2024"], "%m/%d/%Y") == [march]
    with pytest.raises(DataError, match=r"row 1: the time '13/01/2024' and '01/13/2024'.*cannot both"):
        formatted(["13/01/2024", "01/13/2024"])
    with pytest.raises(DataError, match=r"row 1: the time '13/01/2024' is no date like 12/31/2024"):
        formatted(["13/01/2024"], "month-first")
    with pytest.raises(DataError, match=r"row 1: the time '30/02/2024' is neither a number nor a date"):
        formatted(["30/02/2024"])


def test_a_date_of_either_order_among_as_many_numbers_is_the_time_that_is_wrong() -> None:
    with pytest.raises(DataError, match=r"row 1: the time '03/04/2024' is not a number, as others in its column are"):
        formatted(["03/04/2024", "17"], None)


def test_dates_of_an_unknown_form_raise_an_error_that_names_the_remedy() -> None:
    hint = r"row 1: the time 'Jan 03, 2024' is neither .*; if all dates have this form, name it with --time-format \(in"
    with pytest.raises(DataError, match=hint):
        formatted(["Jan 03, 2024", "", "Jan 04, 2024"])
    assert formatted(["Jan 03, 2024"], "%b %d, %Y") == [pd.Timestamp("2024-01-03").timestamp()]
    with pytest.raises(DataError) as caught:
        formatted(["noon", "night"])  # no form has a date without a number
    assert "time-format" not in str(caught.value)


def test_an_unknown_form_of_times_raises_an_error() -> None:
    with pytest.raises(UsageError, match=r"time_format='dayfirst': did you mean day-first"):
        formatted(["03/04/2024"], "dayfirst")
    with pytest.raises(UsageError, match=r"time_format='%Q': is not a pattern of strptime"):
        formatted(["03/04/2024"], "%Q")
    with pytest.raises(UsageError, match=r"time_unit='ms': has no effect on times of the form unix"):
        convert_times(pd.Series([1]), "ms", str, "unix")


def test_date_texts_are_those_of_datetime() -> None:
    """Against datetime, for random moments in every form."""
    generator = np.random.default_rng(0)
    zone = datetime.timezone(datetime.timedelta(hours=-5, minutes=-30))
    moments = [datetime.datetime.fromtimestamp(s, zone) for s in generator.integers(0, 2**32, 300).tolist()]
    for form in ("%Y-%m-%dT%H:%M:%S%z", "%d/%m/%Y %H:%M:%S %z", "%a %b %d %H:%M:%S %z %Y", "%m/%d/%Y %I:%M:%S %p %z"):
        if form.startswith("%m"):
            texts = [moment.strftime(form) for moment in moments]
            assert formatted(texts) == [moment.timestamp() for moment in moments]
        else:
            assert formatted([moment.strftime(form) for moment in moments]) == [m.timestamp() for m in moments]
