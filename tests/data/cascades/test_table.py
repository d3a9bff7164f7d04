from __future__ import annotations

from collections.abc import Callable

import torch
from torch_geometric.data import Data

from graphcascade.data import CascadeTable, Repairs


def test_sizes_and_sources_match_those_by_hand(make_table: Callable[..., CascadeTable]) -> None:
    table = make_table([[3, 0], [1], [5, 4, 0]])
    assert (table.num_cascades, table.num_events, table.num_users) == (3, 6, 6)
    assert table.size.tolist() == [2, 1, 3]
    assert table.source.tolist() == [3, 1, 5]


def test_select_takes_cascades_in_the_order_given(make_table: Callable[..., CascadeTable]) -> None:
    graph = Data(edge_index=torch.tensor([[0], [1]]), num_nodes=6)
    table = make_table(
        [[3, 0], [1], [5, 4, 0]],
        parent=torch.tensor([0, 0, 0, 0, 0, 1]),
        part=torch.tensor([0, 1, 2], dtype=torch.int8),
        time_unit="h",
        follow_graph=graph,
        repairs=Repairs(repeated_users=2),
    )
    chosen = table.select(torch.tensor([2, 0]))
    assert chosen.user.tolist() == [5, 4, 0, 3, 0]
    assert chosen.time.tolist() == [20.0, 21.0, 22.0, 0.0, 1.0]
    assert chosen.ptr.tolist() == [0, 3, 5]
    assert chosen.item.tolist() == [2, 0]
    assert chosen.parent is not None
    assert chosen.parent.tolist() == [0, 0, 1, 0, 0]
    assert chosen.part is not None
    assert chosen.part.tolist() == [2, 0]
    assert (chosen.num_users, chosen.time_unit, chosen.follow_graph) == (6, "h", graph)
    assert chosen.repairs == Repairs(repeated_users=2)
    assert table.num_cascades == 3


def test_select_takes_no_cascade_or_one_cascade_twice(make_table: Callable[..., CascadeTable]) -> None:
    table = make_table([[3, 0], [1]])
    assert table.select(torch.tensor([], dtype=torch.long)).num_events == 0
    assert table.select(torch.tensor([1, 1])).user.tolist() == [1, 1]
    assert table.select(torch.tensor([1, 1])).parent is None


def test_successive_cascades_are_views(make_table: Callable[..., CascadeTable]) -> None:
    table = make_table(
        [[3, 0], [1], [5, 4, 0], [2]],
        parent=torch.tensor([0, 0, 0, 0, 0, 1, 0]),
        part=torch.tensor([0, 1, 2, 0], dtype=torch.int8),
    )
    chosen = table.select(torch.tensor([1, 2]))
    assert chosen.ptr.tolist() == [0, 1, 4]
    for name in ("user", "time", "parent", "part", "item"):
        view, whole = getattr(chosen, name), getattr(table, name)
        assert view.untyped_storage().data_ptr() == whole.untyped_storage().data_ptr(), name
        backwards = getattr(table.select(torch.tensor([2, 1])), name).tolist()
        if len(backwards) == 2:
            assert view.tolist() == backwards[::-1]
        else:
            assert view.tolist() == [*backwards[3:], *backwards[:3]]
