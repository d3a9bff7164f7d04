from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcascade.data import CascadeDataset
from graphcascade.errors import DataError, UsageError
from graphcascade.io import from_pandas, to_pandas


def assert_equal(left: CascadeDataset, right: CascadeDataset) -> None:
    for name in ("user", "time", "ptr", "item"):
        assert torch.equal(getattr(left.table, name), getattr(right.table, name)), name
    assert left.user_ids.tolist() == right.user_ids.tolist()
    assert left.item_ids.tolist() == right.item_ids.tolist()
    assert (left.table.parent is None) == (right.table.parent is None)
    if left.table.parent is not None and right.table.parent is not None:
        assert torch.equal(left.table.parent, right.table.parent)


def test_to_pandas_returns_all_columns() -> None:
    frame = pd.DataFrame(
        {
            "user": ["b", "a", "c", "b"],
            "item": ["x", "x", "y", "x"],
            "time": [1.5, 2.5, 0.0, 9.0],
            "parent": [None, "b", None, None],
            "cascade": ["p", "p", "q", "r"],
        }
    )
    result = to_pandas(from_pandas(frame))
    assert result.columns.tolist() == ["cascade", "user", "item", "time", "parent"]
    assert result["cascade"].tolist() == [0, 0, 1, 2]
    assert result["user"].tolist() == ["b", "a", "c", "b"]
    assert result["item"].tolist() == ["x", "x", "y", "x"]
    assert result["time"].tolist() == [1.5, 2.5, 0.0, 9.0]
    assert result["parent"].tolist() == [None, "b", None, None]


def test_without_parents_there_is_no_such_column() -> None:
    frame = pd.DataFrame({"user": [1], "item": [2], "time": [3]})
    assert to_pandas(from_pandas(frame)).to_dict("list") == {
        "cascade": [0],
        "user": ["1"],
        "item": ["2"],
        "time": [3.0],
    }


def test_a_view_gives_its_own_cascades() -> None:
    frame = pd.DataFrame({"user": [1, 2, 3], "item": ["x", "y", "z"], "time": [3, 4, 5]})
    assert to_pandas(from_pandas(frame)[[2, 1]])["item"].tolist() == ["z", "y"]


def test_a_dataset_has_the_given_name_and_unit() -> None:
    dataset = from_pandas(pd.DataFrame({"user": [1], "item": [2], "time": [3]}), time_unit="min", name="mine")
    assert (dataset.name, dataset.time_unit) == ("mine", "min")


events = st.tuples(
    st.integers(0, 4),
    st.sampled_from(["a", "b", "3", "04", 'ü ,"']),
    st.one_of(st.integers(0, 3).map(float), st.floats(0, 1e12, allow_nan=False)),
)


@settings(deadline=None, max_examples=100)
@given(rows=st.lists(events, min_size=1, max_size=30), items=st.lists(st.integers(0, 2), min_size=5, max_size=5))
def test_conversion_there_and_back_changes_nothing(rows: list[tuple[int, str, float]], items: list[int]) -> None:
    frame = pd.DataFrame(rows, columns=["cascade", "user", "time"])
    frame["item"] = [f"item {items[cascade]}" for cascade in frame["cascade"]]
    once = from_pandas(frame)
    again = from_pandas(to_pandas(once))
    # Users are numbered in the order of the rows; after the first conversion, rows have the order of the tensors.
    assert to_pandas(once).equals(to_pandas(again))
    assert not again.table.repairs
    assert_equal(again, from_pandas(to_pandas(again)))


@settings(deadline=None, max_examples=50)
@given(
    choices=st.lists(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=6), min_size=1, max_size=5),
    same_item=st.booleans(),
)
def test_conversion_there_and_back_keeps_parents(choices: list[list[float]], same_item: bool) -> None:
    rows = [
        (number, "x" if same_item else f"x{number}", f"u{k}", float(k), None if k == 0 else f"u{int(share * k)}")
        for number, cascade in enumerate(choices)
        for k, share in enumerate(cascade)
    ]
    frame = pd.DataFrame(rows, columns=["cascade", "item", "user", "time", "parent"])
    dataset = from_pandas(frame)
    assert dataset.table.parent is not None
    assert dataset.table.parent.tolist() == [int(share * k) for cascade in choices for k, share in enumerate(cascade)]
    assert_equal(dataset, from_pandas(to_pandas(dataset)))


def test_roots_have_none_as_their_parent_in_every_version_of_pandas() -> None:
    frame = pd.DataFrame({"user": ["a", "b"], "item": ["x", "x"], "time": [1, 2], "parent": [None, "a"]})
    result = to_pandas(from_pandas(frame))
    assert result["parent"].tolist() == [None, "a"]
    assert [result[name].dtype for name in ("user", "item", "parent")] == [object] * 3


@pytest.mark.parametrize("table", [{"user": ["a"]}, [{"user": "a"}], None, "log.csv", pd.Series([1])], ids=str)
def test_an_argument_that_is_not_a_table_raises_an_error(table: Any) -> None:
    with pytest.raises(UsageError, match=r"frame: must be a DataFrame, not \w+; pd.DataFrame\(...\) converts"):
        from_pandas(table)


def test_names_of_two_levels_raise_an_error() -> None:
    frame = pd.DataFrame([["a", "x", 1]], columns=pd.MultiIndex.from_tuples([("user", ""), ("item", ""), ("time", "")]))
    with pytest.raises(DataError, match="the DataFrame: its columns have 2 levels of names"):
        from_pandas(frame)
