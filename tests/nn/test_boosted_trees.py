from __future__ import annotations

import pandas as pd
import pytest
import torch

from graphcascade.errors import DataError, UsageError
from graphcascade.nn.boosted_trees import BoostedTrees

pytest.importorskip("catboost")


def test_trees_are_in_the_state_of_the_module() -> None:
    table = pd.DataFrame({"a": range(50), "b": [0.0] * 50})
    trees = BoostedTrees()
    with pytest.raises(UsageError, match="the trees were not fitted yet"):
        trees.predict(table)
    trees.fit(table, torch.arange(50.0), iterations=30, thread_count=1)
    other = BoostedTrees()
    other.load_state_dict(trees.state_dict())
    assert torch.equal(other.predict(table), trees.predict(table))
    assert float((trees.predict(table) - torch.arange(50.0)).abs().mean()) < 12
    assert trees.importances().to_dict() == {"a": 100.0, "b": 0.0}


def test_equal_answers_are_an_error_of_one_line() -> None:
    with pytest.raises(DataError, match=r"answers are all equal \(3\)"):
        BoostedTrees().fit(pd.DataFrame({"a": range(50)}), torch.full((50,), 3.0))


@pytest.mark.parametrize(
    ("trees", "message"),
    [
        (torch.zeros(9), "its trees are torch.float32 of 1 axes instead of bytes"),
        (torch.zeros(9, dtype=torch.uint8), "its trees are not in CatBoost's binary format"),
    ],
)
def test_damaged_trees(trees: torch.Tensor, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        BoostedTrees().load_state_dict({"trees": trees})


def test_trees_that_are_cut_off() -> None:
    trees = BoostedTrees()
    trees.fit(pd.DataFrame({"a": range(9)}), torch.arange(9.0), iterations=3, thread_count=1)
    trees.trees = trees.trees[:40]
    trees._booster = None
    with pytest.raises(UsageError, match="its trees cannot be read"):
        trees.predict(pd.DataFrame({"a": range(9)}))
