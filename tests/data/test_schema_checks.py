import re

import pytest
import torch
from torch_geometric.data import HeteroData

from graphcascade.data.schema_checks import CHECKED_ROWS, Field, find_edge_problem, find_field_problem


def make(**fields):
    data = HeteroData()
    data["a"].num_nodes = 2
    for name, value in fields.items():
        data["a"][name] = value
    return data


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (torch.tensor([1.0, torch.nan]), None),
        (torch.tensor([1.0, torch.inf]), "'x' of 'a' has values that are not finite"),
        (torch.ones(3), r"'x' of 'a' must be float32 of shape \[2\], got float32 of shape \[3\]"),
        ([1.0, 2.0], "'x' of 'a' must be a tensor, got a list"),
        (None, "'x' of 'a' is missing"),
    ],
)
def test_a_field_with_missing_values(value, problem) -> None:
    data = make() if value is None else make(x=value)
    found = find_field_problem(data, Field("a", "x", torch.float32, "a", required=True, missing=True), 2)
    assert found is None if problem is None else re.search(problem, found)


def test_the_last_rows_of_a_long_field_are_checked() -> None:
    value = torch.zeros(CHECKED_ROWS + 1, dtype=torch.float16)
    field = Field("a", "x", (torch.float16, torch.float32), "a")
    assert find_field_problem(make(x=value), field, value.numel()) is None
    value[-1] = torch.nan
    assert find_field_problem(make(x=value), field, value.numel()) == "'x' of 'a' has values that are not finite"


def test_edges() -> None:
    data = make()
    data["a", "to", "a"].edge_index = torch.tensor([[0, 1], [1, 2]])
    assert find_edge_problem(data, ("a", "to", "a"), "edge_index").endswith("has a numbers outside of 0 to 1")
    assert find_edge_problem(data, ("a", "to", "a"), "edge_label_index") is None
    data["a", "to", "a"].edge_index = torch.tensor([0, 1])
    assert "must be int64 of shape [2, M], got int64 of shape [2]" in find_edge_problem(
        data, ("a", "to", "a"), "edge_index"
    )
