from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from graphcascade.errors import DataError, UsageError
from graphcascade.io import from_pandas


def frame(**columns: Any) -> pd.DataFrame:
    """Two events of one item, with some columns changed."""
    return pd.DataFrame({"user": ["ann", "bob"], "item": ["x", "x"], "time": [1.0, 2.0]} | columns)


def users(column: Any) -> list[str]:
    return list(from_pandas(frame(user=column)).user_ids)


@pytest.mark.parametrize(
    "column",
    [
        ["12", "7"],
        [12, 7],
        [12.0, 7.0],
        np.array([12, 7], dtype=np.uint64),
        np.array([12, 7], dtype=np.float32),
        pd.array([12, 7], dtype="Int64"),
        pd.array(["12", "7"], dtype="string"),
        pd.Categorical(["12", "7"]),
        pd.Categorical([12, 7]),
        pd.Series([12, "7"], dtype=object),
        pd.Series([12.0, 7], dtype=object),
        [" 12", "7 "],
    ],
    ids=str,
)
def test_an_id_is_the_same_as_a_number_and_as_a_string(column: Any) -> None:
    assert users(column) == ["12", "7"]


def test_large_ids_keep_every_digit() -> None:
    assert users([2**63 - 1, 2**53 + 1]) == ["9223372036854775807", "9007199254740993"]
    assert users([10**30, 1]) == [str(10**30), "1"]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([1.0, 2.5], "row 2: the user id 2.5 is a number that is not whole"),
        (pd.Series(["a", 2.5], dtype=object), "row 2: the user id 2.5 is a number that is not whole"),
        ([1.0, np.inf], "row 2: the user id inf is a number that is not whole"),
        ([1.0, 1e300], r"row 2: the user id 1e\+300 .*digits"),
        ([1.0, 2.0**53 + 2], r"row 2: the user id 9007199254740994.0 .*digits"),
        ([None, "b"], "row 1: the user id is missing"),
        (["a", np.nan], "row 2: the user id is missing"),
        (["a", " "], "row 2: the user id is missing"),
        ([1.0, np.nan], "row 2: the user id is missing"),
        (pd.array([1, None], dtype="Int64"), "row 2: the user id is missing"),
    ],
)
@pytest.mark.parametrize("kind", ["user", "item"])
def test_an_invalid_id_raises_an_error(column: Any, message: str, kind: str) -> None:
    with pytest.raises(DataError, match=f"the DataFrame, {message.replace('user', kind)}"):
        from_pandas(frame(**{kind: column}))


@pytest.mark.parametrize(
    "column",
    [
        ["2024-05-01 00:00", "2024-05-01 00:01:30.25"],
        ["2024-05-01T02:00+02:00", "2024-05-01T00:01:30.25Z"],
        pd.to_datetime(["2024-05-01 00:00:00.00", "2024-05-01 00:01:30.25"]),
        pd.to_datetime(["2024-05-01 00:00:00.00", "2024-05-01 00:01:30.25"], utc=True).tz_convert("Asia/Tokyo"),
        pd.to_datetime(["2024-05-01 00:00:00.00", "2024-05-01 00:01:30.25"]).as_unit("ms"),
        pd.Series([datetime.datetime(2024, 5, 1), datetime.datetime(2024, 5, 1, 0, 1, 30, 250000)], dtype=object),
    ],
    ids=["text", "text with zones", "datetime64", "with a zone", "milliseconds", "objects"],
)
def test_dates_become_seconds_since_1970(column: Any) -> None:
    dataset = from_pandas(frame(time=column))
    assert dataset.table.time.tolist() == [1714521600.0, 1714521690.25]
    assert dataset.time_unit == "s"


def test_days_become_seconds_since_1970() -> None:
    day = datetime.date(1970, 1, 2)
    assert from_pandas(frame(time=[day, day])).table.time.tolist() == [86400.0, 86400.0]


@pytest.mark.parametrize("column", [[1, 2], ["1", "2"], ["1e0", " 2.0"], pd.array([1, 2], dtype="Int64")])
@pytest.mark.parametrize("unit", [None, "ns", "h"])
def test_numbers_keep_their_unit(column: Any, unit: str | None) -> None:
    dataset = from_pandas(frame(time=column), time_unit=unit)
    assert dataset.table.time.tolist() == [1.0, 2.0]
    assert dataset.time_unit == unit


def test_numbers_as_text_are_read_to_the_last_bit() -> None:
    texts = ["0.1", "1084631430.3333333", "340664.837222", "2.2250738585072014e-308", "123456789.12345679"]
    table = from_pandas(pd.DataFrame({"user": list("abcde"), "item": list("abcde"), "time": texts})).table
    assert table.time.tolist() == [float(text) for text in texts]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (["1", "noon"], "row 2: the time 'noon' is not a number, as others in its column are"),
        (["noon", "1"], "row 1: the time 'noon' is not a number"),
        (["1", "2024-05-01"], "row 2: the time '2024-05-01' is not a number"),
        (["noon", "night"], "row 1: the time 'noon' is neither a number nor a date"),
        (["2024-05-01", "2024-13-01"], "row 2: the time '2024-13-01' is neither a number nor a date"),
        (["2024-05-01", None], "row 2: the time is missing"),
        (["2024-05-01", ""], "row 2: the time is missing"),
        ([None, None], "row 1: the time is missing"),
        (pd.to_datetime(["2024-05-01", None]), "row 2: the time is missing"),
        ([True, False], "row 1: the time True is neither a number nor a date"),
        ([[1], [2]], r"row 1: the time \[1\] is neither a number nor a date"),
        (pd.to_timedelta([1, 2], unit="s"), "row 1: the time .* is a duration"),
        ([1.0, np.nan], "row 2: the time of user 'bob' is missing"),
        (["1", ""], "row 2: the time of user 'bob' is missing"),
        (["1", "nan"], "row 2: the time of user 'bob' is missing"),
        (["1", "1e999"], "row 2: the time of user 'bob' is inf"),
        (["1", "-5"], "row 2: the time of user 'bob' is -5"),
        (pd.array([1, None], dtype="Int64"), "row 2: the time of user 'bob' is missing"),
        (["1970-01-02", "1969-12-31"], "row 2: the date '1969-12-31' is before 1970"),
    ],
)
def test_an_invalid_time_raises_an_error(column: Any, message: str) -> None:
    with pytest.raises(DataError, match=f"the DataFrame, {message}"):
        from_pandas(frame(time=column))


@pytest.mark.parametrize("text", ["1_000", "0x10", "²"])
def test_numbers_that_only_python_accepts_are_errors(text: str) -> None:
    with pytest.raises(DataError, match=f"row 2: the time '{text}' is not a number"):
        from_pandas(frame(time=["1", text]))


def test_numbers_above_2_to_the_53_raise_an_error() -> None:
    for large in (10**30, "9" * 30, 1_716_810_000_123_456_789):  # the last: nanoseconds since 1970
        with pytest.raises(DataError, match=r"row 2: .* too large to keep all of its digits; subtract the first time"):
            from_pandas(frame(time=["1", large]))
    assert from_pandas(frame(time=[1, 2**53])).table.time.tolist() == [1, 2**53]


def test_a_unit_for_dates_is_an_error() -> None:
    with pytest.raises(UsageError, match="time_unit='s': the times are dates and become seconds; leave the unit out"):
        from_pandas(frame(time=["2024-05-01", "2024-05-02"]), time_unit="s")


def test_an_unknown_unit_raises_an_error() -> None:
    with pytest.raises(UsageError, match="time_unit='weeks': use one of ns, us, ms, s, min, h, d"):
        from_pandas(frame(), time_unit="weeks")


@pytest.mark.parametrize(
    ("columns", "arguments", "message"),
    [
        (
            ["user_id", "topic_id", "timestamp"],
            {},
            r"no column 'user' .*'user_id', 'topic_id', 'timestamp'.*user='user",
        ),
        (["user", "topic_id", "timestamp"], {}, r"no column 'item' .*item='topic_id'"),
        (["user", "cascade", "time"], {}, r"no column 'item' .*item='cascade'"),
        (["user", "item", "t"], {}, r"no column 'time' .*time='t'"),
        (["a", "b", "c"], {}, r"no column 'user' .*found 'a', 'b', 'c'.*user="),
        (["user", "item", "time"], {"cascade": "thread"}, "no column 'thread' for the cascade"),
        (["user", "item", "time"], {"parent": "by"}, "no column 'by' for the parent"),
    ],
)
def test_an_unknown_column_raises_an_error(columns: list[str], arguments: dict[str, str], message: str) -> None:
    with pytest.raises(DataError, match=f"the DataFrame: there is {message}"):
        from_pandas(pd.DataFrame([["a", "x", 1]], columns=columns), **arguments)


@pytest.mark.parametrize("name", ["user", "item", "time", "cascade", "parent"])
def test_a_repeated_column_raises_an_error(name: str) -> None:
    columns = ["user", "item", "time", "cascade", "parent"]
    table = pd.DataFrame([["a", "x", 1, "c", None, 2]], columns=[*columns, name])
    with pytest.raises(DataError, match=f"the DataFrame: there are 2 columns '{name}'; keep only one for the {name}"):
        from_pandas(table)
    if name in ("cascade", "parent"):
        assert len(from_pandas(table, **{name: "none"})) == 1


def test_a_table_without_rows_raises_an_error() -> None:
    with pytest.raises(DataError, match="the DataFrame: empty"):
        from_pandas(frame().iloc[:0])


def test_rows_count_from_1_whatever_the_labels() -> None:
    table = frame(user=["ann", None])
    table.index = pd.Index([40, 40])
    with pytest.raises(DataError, match="the DataFrame, row 2: the user id is missing"):
        from_pandas(table)


def test_a_column_named_cascade_is_used_by_default() -> None:
    table = pd.DataFrame({"user": list("abca"), "item": list("xxyx"), "time": [1, 2, 3, 4], "cascade": [5, 6, 7, 5]})
    dataset = from_pandas(table)
    assert dataset.table.ptr.tolist() == [0, 1, 2, 3]
    assert dataset.table.item.tolist() == [0, 0, 1]
    assert dataset.table.repairs.repeated_users == 1
    assert len(from_pandas(table.drop(columns="cascade"))) == 2
    by_name = from_pandas(table.rename(columns={"cascade": "thread"}), cascade="thread")
    assert by_name.table.ptr.tolist() == [0, 1, 2, 3]


def test_a_cascade_of_two_items_raises_an_error() -> None:
    with pytest.raises(DataError, match="the DataFrame, row 2: cascade '1' has two items, 'x' and 'y'"):
        from_pandas(frame(item=["x", "y"], cascade=[1, 1]))


def test_parents_are_read_from_their_column() -> None:
    table = pd.DataFrame(
        {"user": [5, 6, 7, 6], "item": [1, 1, 1, 2], "time": [0, 1, 2, 0], "parent": [None, 5, 6, np.nan]}
    )
    dataset = from_pandas(table)
    assert dataset.table.parent is not None
    assert dataset.table.parent.tolist() == [0, 0, 1, 0]
    by_name = from_pandas(table.rename(columns={"parent": "by"}), parent="by")
    assert by_name.table.parent is not None
    assert by_name.table.parent.tolist() == [0, 0, 1, 0]


def test_the_error_for_an_invalid_parent_names_its_row() -> None:
    with pytest.raises(DataError, match=r"the DataFrame, row 2: the parent id 0.5 is a number that is not whole"):
        from_pandas(frame(parent=[None, 0.5]))
    with pytest.raises(DataError, match="the DataFrame, row 2: user 'bob' is infected by 'eve'"):
        from_pandas(frame(parent=["", "eve"]))


def test_one_column_for_two_things_is_an_error() -> None:
    with pytest.raises(UsageError, match="item='user': the user is read from this column of the DataFrame; name"):
        from_pandas(frame(), item="user")


def test_blanks_around_ids_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert users(["ann", " bob"]) == ["ann", "bob"]
    assert caplog.messages == ["the DataFrame, row 2: blanks around the user id ' bob' were removed (1 ids)."]


def test_strings_of_whole_floats_are_read_as_integers(caplog: pytest.LogCaptureFixture) -> None:
    assert users(["9.0", "12.0"]) == ["9", "12"]
    assert caplog.messages == ["the DataFrame, row 1: the user id '9.0', like all others, is read as '9'."]
    assert users(["9.0", "12"]) == ["9.0", "12"]


def test_dates_without_a_zone_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    from_pandas(frame(time=["2024-05-01T12:00+02:00", "2024-05-01T12:00Z"]))
    assert caplog.messages == []
    from_pandas(frame(time=["2024-05-01 12:00", "2024-05-01 13:00"]))
    assert "'2024-05-01 12:00' has no time zone and is read as UTC" in caplog.text
    caplog.clear()
    from_pandas(frame(time=["2024-05-01T12:00+02:00", "2024-05-01"]))
    assert "row 2: the time '2024-05-01' has no time zone" in caplog.text


def test_default_columns_can_be_ignored() -> None:
    log = frame(parent=["t3_17", "t3_17"], cascade=["p", "q"])
    with pytest.raises(DataError, match="t3_17"):
        from_pandas(log)
    dataset = from_pandas(log, parent="none", cascade="none")
    assert (dataset.table.parent, len(dataset)) == (None, 1)


def test_columns_that_are_not_read_and_rounded_dates_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "graphcascade")
    from_pandas(frame(likes=[3, 4]))
    assert caplog.messages == ["the DataFrame: columns that are not read: likes."]
    from_pandas(frame(time=["2024-05-01T12:00:00.123456Z", "2024-05-01T12:00:00.123456789Z"]))
    assert "row 2: the time '2024-05-01T12:00:00.123456789Z' is kept to about a microsecond" in caplog.text


def test_a_misspelt_optional_column_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    from_pandas(frame(parnt=["ann", "ann"]))
    expected = (
        "the column 'parnt' is not read; did you mean parent? If so, name it with --parent parnt (in Python "
        "parent='parnt'). Without it, it is not known who infected whom."
    )
    assert caplog.messages == [f"the DataFrame: {expected}"]
    caplog.clear()
    from_pandas(frame(parent=["ann", "ann"]), parent="none")
    from_pandas(frame(part=["train", "test"]))
    assert "did you mean" not in caplog.text


def test_a_table_without_columns_raises_an_error() -> None:
    with pytest.raises(DataError, match="the DataFrame: it has no columns; give a table with a row for each event"):
        from_pandas(pd.DataFrame())
