from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset, CascadeTable, Repairs
from graphcascade.data.cascades import describe as describe_module
from graphcascade.data.cascades.describe import count_pairs
from graphcascade.errors import UsageError


@pytest.fixture
def table(make_table: Callable[..., CascadeTable]) -> CascadeTable:
    return make_table([[3, 0], [1], [3, 4, 0, 1], [0, 3]])


def test_figures_match_those_by_hand(table: CascadeTable) -> None:
    time = table.time.clone()
    time[4] = time[3]  # a tie in the third cascade
    time[5] = time[3]
    figures = CascadeDataset(replace(table, time=time, name="mine")).describe()
    assert figures.name == "mine"
    assert figures.to_dict() == {
        "users": 6,
        "users in cascades": 4,
        "cascades": 4,
        "events": 9,
        "mean length": 2.25,
        "median length": 2.0,
        "longest cascade": 4,
        "cascades of one user": 1,
        "sources": 3,
        "co-occurring pairs": 7,  # 3-0, 3-4, 3-1, 4-0, 4-1, 0-1, 0-3
        "cascades with tied times": 1,
        "first time": 0.0,
        "last time": 31.0,
        "time unit": "not stated",
        "parents known": False,
        "cascades longer than the size limit, cut": 0,
        "cascades outside the size limits, dropped": 0,
        "reordered cascades, repaired": 0,
        "repeated users, repaired": 0,
        "sources without a time, repaired": 0,
        "parents reattached, repaired": 0,
        "events of unknown users, left out": 0,
        "events without a time at the end of a truncated file, left out": 0,
    }


def test_the_median_of_an_even_number_is_the_mean_of_the_middle_two(table: CascadeTable) -> None:
    assert CascadeDataset(table)[[1, 2]].describe()["median length"] == 2.5


def test_equal_times_of_neighbouring_cascades_are_not_a_tie(make_table: Callable[..., CascadeTable]) -> None:
    table = make_table([[0, 1], [2, 3]], time=torch.tensor([0.0, 5.0, 5.0, 6.0], dtype=torch.float64))
    assert CascadeDataset(table).describe()["cascades with tied times"] == 0


def test_figures_of_optional_fields_are_shown(table: CascadeTable) -> None:
    graph = Data(edge_index=torch.tensor([[0, 1], [1, 0]]), num_nodes=6)
    full = replace(
        table,
        parent=torch.zeros(9, dtype=torch.long),
        part=torch.tensor([0, 0, 2, 1], dtype=torch.int8),
        follow_graph=graph,
        true_graph=graph,
        follow_edges_outside=11,
        time_unit="h",
        repairs=Repairs(1, 2, 3, 4),
    )
    figures = CascadeDataset(full).describe()
    assert figures["parents known"]
    assert figures["time unit"] == "h"
    assert figures["follow links"] == figures["links of the true network"] == 2
    assert figures["follow links to users in no cascade, left out"] == 11
    assert [figures[f"{part} cascades in the files"] for part in ("train", "validation", "test")] == [2, 1, 1]
    repairs = ["reordered cascades", "repeated users", "sources without a time", "parents reattached"]
    assert [figures[f"{name}, repaired"] for name in repairs] == [1, 2, 3, 4]


def test_a_view_is_described_by_its_own_cascades(table: CascadeTable) -> None:
    figures = CascadeDataset(table)[1:3].describe()
    assert (figures["cascades"], figures["events"], figures["users"], figures["users in cascades"]) == (2, 5, 6, 4)


@pytest.mark.parametrize("seed", range(3))
def test_pairs_equal_a_plain_loop(make_table: Callable[..., CascadeTable], seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    sizes = torch.randint(1, 15, (25,), generator=generator).tolist()
    cascades = [torch.randperm(20, generator=generator)[:size].tolist() for size in sizes]
    pairs = {(c[i], c[k]) for c in cascades for k in range(len(c)) for i in range(k)}
    assert count_pairs(make_table(cascades, num_users=20)) == len(pairs)


def test_cascades_of_one_user_have_no_pairs(make_table: Callable[..., CascadeTable]) -> None:
    assert count_pairs(make_table([[0], [1]])) == 0


def test_too_many_pairs_are_not_counted(table: CascadeTable, monkeypatch: pytest.MonkeyPatch) -> None:
    # Two of the 8 pairs begin with user 4, who is in a single cascade: they are distinct and need no comparison.
    monkeypatch.setattr(describe_module, "MAX_PAIRS", 6)
    assert count_pairs(table) == 7
    monkeypatch.setattr(describe_module, "MAX_PAIRS", 5)
    assert count_pairs(table) is None


def test_pairs_of_one_very_long_cascade_are_not_compared(make_table: Callable[..., CascadeTable]) -> None:
    size = 100_000
    table = make_table([[0]], num_users=size)
    viral = replace(
        table,
        user=torch.arange(size),
        time=torch.arange(size, dtype=torch.float64),
        ptr=torch.tensor([0, size]),
    )
    assert CascadeDataset(viral).describe()["co-occurring pairs"] == size * (size - 1) // 2


def test_pairs_can_be_left_out(table: CascadeTable, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = CascadeDataset(table).describe()
    monkeypatch.delattr(describe_module, "count_pairs")
    assert CascadeDataset(table).describe(pairs=False).equals(whole.drop("co-occurring pairs"))


def test_no_cascades_are_an_error(table: CascadeTable) -> None:
    with pytest.raises(UsageError, match="there is no cascade to describe"):
        CascadeDataset(table)[:0].describe()
