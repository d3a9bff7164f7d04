"""Columns of ids as numbers of texts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow
import pytest

from graphcascade.errors import DataError
from graphcascade.io.coded_ids import CodedIds
from graphcascade.io.ids import code_ids


def test_rows_are_numbered_in_the_order_in_which_their_ids_appear() -> None:
    ids = CodedIds(np.array([3, 0, 2, 3, 0]), np.array(["b", "unused", "a", "a"], dtype=object))
    assert ids.to_array().tolist() == ["a", "b", "a", "a", "b"]
    assert (len(ids), ids[2]) == (5, "a")
    number, names = ids.number()
    assert number.tolist() == [0, 1, 0, 0, 1]  # equal texts have one number
    assert names.tolist() == ["a", "b"]
    number, names = ids.select(np.array([4, 3])).number()
    assert (number.tolist(), names.tolist()) == ([0, 1], ["b", "a"])


@pytest.mark.parametrize(
    "values",
    [["b", " a", "a", "b"], ["1.0", "2.0 ", "1.0"], ["b", "", "a"], ["b", None], ["a\0x", "a"], ["b", " "], []],
)
def test_texts_of_arrow_become_the_ids_that_other_texts_become(values: list[str | None]) -> None:
    def outcome(column: pd.Series) -> list[str] | str:
        try:
            return code_ids(column, lambda row: f"row {row + 1}", "user").to_array().tolist()
        except DataError as error:
            return str(error)

    expected = outcome(pd.Series(values, dtype=object))
    for kind in (pyarrow.string(), pyarrow.large_string()):
        assert outcome(pd.Series(values, dtype=pd.ArrowDtype(kind))) == expected
