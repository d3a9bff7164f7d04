from __future__ import annotations

import datetime
import uuid
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from graphcascade.errors import DataError
from graphcascade.io import from_pandas, read_graph
from graphcascade.io.ids import code_ids

pa = pytest.importorskip("pyarrow")


def read(column: Any) -> list[str]:
    return code_ids(pd.Series(column), lambda row: f"row {row + 1}", "user").to_array().tolist()


TEXT_TYPES = {
    "object": object,
    "str": "str",
    "string": "string",
    "category": "category",
    "string[pyarrow]": "string[pyarrow]",
    "Arrow string": pd.ArrowDtype(pa.string()),
    "Arrow large string": pd.ArrowDtype(pa.large_string()),
    "Arrow dictionary": pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string())),
}
NUMBER_TYPES = {
    "object": object,
    "int64": "int64",
    "int32": "int32",
    "uint8": "uint8",
    "Int64": "Int64",
    "category": "category",
    "Arrow int64": "int64[pyarrow]",
    "Arrow uint16": "uint16[pyarrow]",
    "float64": "float64",
    "float32": "float32",
    "Float64": "Float64",
    "Arrow double": "double[pyarrow]",
    "Arrow decimal": pd.ArrowDtype(pa.decimal128(38, 2)),
    "Sparse": "Sparse[int64]",
}
text_types = pytest.mark.parametrize("dtype", TEXT_TYPES.values(), ids=TEXT_TYPES)


@text_types
@pytest.mark.parametrize(
    ("texts", "ids"),
    [
        (["12", "7"], ["12", "7"]),
        (["012", "7"], ["012", "7"]),
        ([" 12", "7\t"], ["12", "7"]),
        (["12.0", "7.0"], ["12", "7"]),  # all are like this: whole numbers that were floats once
        (["12.0", "7"], ["12.0", "7"]),
        (["12.0", "bob"], ["12.0", "bob"]),
        (["12.00", "7.00"], ["12.00", "7.00"]),
        (["1e3", "7"], ["1e3", "7"]),
        (["\u0661\u0662.0", "\u0667.0"], ["\u0661\u0662.0", "\u0667.0"]),  # digits of another script
        (["True", "nan"], ["True", "nan"]),
        (["\u00a0a", "b\u2028"], ["\u00a0a", "b\u2028"]),
    ],
)
def test_strings_are_the_same_ids_in_every_dtype(dtype: Any, texts: list[str], ids: list[str]) -> None:
    assert read(pd.Series(texts).astype(dtype)) == ids


@pytest.mark.parametrize("dtype", NUMBER_TYPES.values(), ids=NUMBER_TYPES)
def test_whole_numbers_are_the_same_ids_in_every_dtype(dtype: Any) -> None:
    values = [Decimal(12), Decimal(7)] if "decimal" in str(dtype) else [12, 7]
    assert read(pd.Series(values, dtype=object).astype(dtype)) == ["12", "7"]


@pytest.mark.parametrize(
    "values",
    [[12, "7"], [12.0, "7"], [np.float32(12), 7], [np.int8(12), Decimal("7.0")], ["12.0", 7.0], [12, "7.0"]],
    ids=str,
)
def test_texts_and_numbers_in_one_column_are_the_same_ids(values: list[Any]) -> None:
    assert read(pd.Series(values, dtype=object)) == ["12", "7"]


def test_numbers_keep_every_digit() -> None:
    assert read([-0.0, -3.0]) == ["0", "-3"]
    assert read(pd.Series([2**64 - 1, 2], dtype="uint64")) == ["18446744073709551615", "2"]
    assert read(pd.Series([10**60, 2], dtype=object)) == [str(10**60), "2"]
    assert read(pd.Series([Decimal(10**60), Decimal("2.0")], dtype=object)) == [str(10**60), "2"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (True, "True is of the type bool; an id is a text or a whole number"),
        (np.True_, "True is of the type bool"),
        ([7], r"\[7\] is of the type list"),
        ((7,), r"\(7,\) is of the type tuple"),
        (b"ann", "b'ann' is of the type bytes"),
        (uuid.UUID(int=7), "00000000-.* is of the type UUID"),
        (datetime.date(2024, 5, 1), "2024-05-01 is of the type date"),
        (1 + 0j, r"\(1\+0j\) is of the type complex"),
        ({"id": 7}, r"{'id': 7} is an object; .* name the field inside it, as in user='who.id'\.$"),
        ({}, "{} is an object; .* as in user='who.id'"),
        (Decimal("7.5"), "7.5 is a number that is not whole"),
        (Decimal("1e400"), r"1E\+400 is a number of more than 300 digits"),
        (Decimal("1e999999"), r"1E\+999999 is a number of more than 300 digits"),
        (10**5000, "is a number of more than 300 digits; give it as a string"),
        (2.0**60, "1.152921504606847e.18 has lost digits as a float"),
        ("\ud83d", r"'\\ud83d' has half of a surrogate pair in it"),
        ("a\0b", r"'a\\x00b' has a zero byte in it"),
    ],
    ids=range(17),
)
def test_a_value_that_is_not_an_id_raises_an_error(value: Any, message: str) -> None:
    column = pd.Series(["ann", value], dtype=object, name="who")
    with pytest.raises(DataError, match=f"^row 2: the user id {message}") as caught:
        code_ids(column, lambda row: f"row {row + 1}", "user")
    assert len(str(caught.value)) < 300


def test_an_object_in_a_column_whose_name_is_fixed_is_an_error_that_names_no_field() -> None:
    column = pd.Series([{"id": 7}], dtype=object, name="user")
    with pytest.raises(DataError, match=r"a text or a whole number: write the id in place of the object\.$") as caught:
        code_ids(column, str, "user", fixed_columns=True)
    assert caught.value.remedy is None
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([True, False]),
        pd.Series([True, False], dtype="boolean"),
        pd.Series([True, False], dtype="category"),
        pd.Series([True, False], dtype="bool[pyarrow]"),
        pd.Series([[1], [2]], dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
        pd.Series([{"a": 1}, {"a": 2}], dtype=pd.ArrowDtype(pa.struct([("a", pa.int64())]))),
        pd.Series([b"a", b"b"], dtype=pd.ArrowDtype(pa.binary())),
        pd.Series(pd.to_datetime(["2024-05-01", "2024-05-02"])),
        pd.Series(pd.period_range("2024-05-01", periods=2)),
        pd.Series([1 + 0j, 2 + 0j]),
    ],
    ids=lambda column: str(column.dtype),
)
def test_columns_that_are_not_ids_raise_an_error(column: pd.Series) -> None:
    with pytest.raises(DataError, match=r"row 1: the user id .*; an id is a text or a whole number"):
        read(column)


def log(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"user": ["12", "7"], "item": ["x", "x"], "time": [1, 2]} | columns)


def test_parents_written_as_floats_match_the_users(caplog: pytest.LogCaptureFixture) -> None:
    # pandas writes parents [None, 12] of users [12, 7] as "12.0", because None makes it a column of floats.
    for parents in ([None, 12.0], ["", "12.0"]):
        parent = from_pandas(log(parent=parents)).table.parent
        assert parent is not None
        assert parent.tolist() == [0, 0]
    assert "the parent id '12.0', like all others, is read as '12'" in caplog.text


def test_parents_that_match_users_exactly_are_unchanged() -> None:
    parent = from_pandas(log(user=["12.0", "bob"], parent=[None, "12.0"])).table.parent
    assert parent is not None
    assert parent.tolist() == [0, 0]


def test_both_ends_of_an_edge_are_read_in_the_same_way() -> None:
    graph, user_ids = read_graph(pd.DataFrame({"from": ["1.0", "2.0"], "to": ["bob", "1.0"]}))
    assert user_ids.tolist() == ["1.0", "bob", "2.0"]
    graph, user_ids = read_graph(pd.DataFrame({"from": ["1.0", "2.0"], "to": ["3.0", "1.0"]}))
    assert user_ids.tolist() == ["1", "3", "2"]
    assert graph.edge_index is not None
    assert graph.edge_index.tolist() == [[0, 2], [1, 0]]


def test_a_name_with_dots_is_a_field_of_an_object() -> None:
    users = [{"id": 7, "n": 1}, {"id": 8, "n": 2}, {"id": 7, "n": 3}]
    frame = pd.DataFrame({"user": users, "item": [{"a": {"b": "x"}}] * 3, "time": [1, 2, 3]})
    dataset = from_pandas(frame, user="user.id", item="item.a.b")
    assert (dataset.user_ids.tolist(), dataset.item_ids.tolist()) == (["7", "8"], ["x"])
    frame["user.id"] = ["p", "q", "p"]  # a column of this very name comes first
    assert from_pandas(frame, user="user.id", item="item.a.b").user_ids.tolist() == ["p", "q"]
    frame = frame.drop(columns="user.id")
    frame.at[1, "user"] = "8"
    with pytest.raises(DataError, match="row 2: the user id is missing"):
        from_pandas(frame, user="user.id", item="item.a.b")
    with pytest.raises(DataError, match=r"there is no column 'user\.name' for the user; found 'user', 'item', 'time'"):
        from_pandas(frame, user="user.name", item="item.a.b")
