from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from torch_geometric.data import Batch
from torch_geometric.transforms import RemoveIsolatedNodes, ToUndirected

from graphcascade.data import Cascade
from graphcascade.errors import DataError


def cascade(**changes: Any) -> Cascade:
    fields: dict[str, Any] = {
        "user": torch.tensor([4, 0, 7]),
        "time": torch.tensor([1.0, 1.0, 2.5], dtype=torch.float64),
        "item": torch.tensor(3),
        "parent": torch.tensor([0, 0, 1]),
    }
    return Cascade(**{**fields, **changes})


def test_a_cascade_has_its_fields() -> None:
    data = cascade()
    assert data.num_nodes == 3
    assert int(data.source) == 4
    assert data.validate()
    assert "edge_index" not in data
    assert str(data) == "Cascade(user=[3], num_nodes=3, time=[3], item=3, parent=[3])"


def test_unix_seconds_are_kept_to_the_microsecond() -> None:
    time = torch.tensor([1.2e9 + 0.25, 1.2e9 + 0.250001], dtype=torch.float64)
    data = cascade(user=torch.tensor([0, 1]), time=time, parent=None)
    assert float(data.time.diff()) == pytest.approx(1e-6, rel=0.3)


def test_parents_and_items_are_optional() -> None:
    data = cascade(item=None, parent=None)
    assert data.validate()
    assert set(data.keys()) == {"user", "time", "num_nodes"}


def test_further_attributes_pass_through() -> None:
    assert cascade(label=torch.tensor([2.0])).label.tolist() == [2.0]


def test_batching_shifts_parents_and_edges_and_stacks_items() -> None:
    single = Cascade(torch.tensor([5]), torch.tensor([0.0], dtype=torch.float64), torch.tensor(1), torch.tensor([0]))
    edge_index = torch.tensor([[0, 1], [1, 2]])
    single.edge_index = torch.empty(2, 0, dtype=torch.long)
    first, last = cascade(edge_index=edge_index), cascade(edge_index=edge_index)
    batch = Batch.from_data_list([first, single, last])
    assert isinstance(batch, Cascade)
    assert batch.user.tolist() == [4, 0, 7, 5, 4, 0, 7]
    assert batch.parent.tolist() == [0, 0, 1, 3, 4, 4, 5]
    assert batch.edge_index.tolist() == [[0, 1, 4, 5], [1, 2, 5, 6]]
    assert batch.item.tolist() == [3, 1, 3]
    assert batch.ptr.tolist() == [0, 3, 4, 7]
    assert batch.num_nodes == 7
    for k, data in enumerate((first, single, last)):
        assert batch[k].parent.equal(data.parent)
        assert batch[k].edge_index.equal(data.edge_index)
        assert batch[k].item.dim() == 0
        assert int(batch[k].item) == int(data.item)
        assert int(batch[k].source) == int(data.source)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"user": None}, "needs 'user' and 'time'"),
        ({"time": None}, "needs 'user' and 'time'"),
        ({"user": torch.tensor([4.0, 0.0, 7.0])}, r"'user' must be int64 of shape \[n\], got torch.float32"),
        (
            {"user": torch.tensor([[4, 0, 7]])},
            r"'user' must be int64 of shape \[n\], got torch.int64 of shape \[1, 3\]",
        ),
        ({"time": torch.tensor([1.0, 2.0, 3.0])}, r"'time' must be float64 of shape \[3\], got torch.float32"),
        ({"time": torch.zeros(2, dtype=torch.float64)}, r"'time' must be .* got torch.float64 of shape \[2\]"),
        ({"num_nodes": 4, "user": None}, "needs 'user'"),
        ({"user": torch.tensor([4, -2, 7])}, "'user' has the negative id -2"),
        ({"user": torch.tensor([4, 0, 4])}, "'user' has the same user twice"),
        ({"time": torch.tensor([0, float("nan"), 1]).double()}, "'time' has values that are not finite"),
        ({"time": torch.tensor([0, 1, float("inf")]).double()}, "'time' has values that are not finite"),
        ({"time": torch.tensor([0.0, 2.0, 1.0]).double()}, "'time' decreases"),
        ({"parent": torch.tensor([0, 0])}, r"'parent' must be int64 of shape \[3\]"),
        ({"parent": torch.tensor([0.0, 0.0, 0.0])}, r"'parent' must be int64 of shape \[3\]"),
        ({"parent": torch.tensor([1, 1, 1])}, "'parent' must point at an earlier event, or at itself for a root"),
        ({"parent": torch.tensor([0, 0, -1])}, "'parent' must point at an earlier event, or at itself for a root"),
    ],
)
def test_validate_says_what_is_wrong(changes: dict[str, Any], message: str) -> None:
    data = cascade(**changes)
    with pytest.raises(DataError, match=f"^Cascade: {message}"):
        data.validate()
    assert data.validate(raise_on_error=False) is False


def test_validate_checks_the_number_of_nodes_and_needs_an_event() -> None:
    data = cascade()
    data.num_nodes = 5
    with pytest.raises(DataError, match="'num_nodes' is 5 for 3 events"):
        data.validate()
    empty = torch.empty(0, dtype=torch.long)
    with pytest.raises(DataError, match="has no event"):
        Cascade(empty, empty.double()).validate()


def tree() -> Cascade:
    """Events 0 -> 1 -> 2, 0 -> 3 -> 4, 2 -> 5 and an edge along each parent."""
    parent = torch.tensor([0, 0, 1, 0, 3, 2])
    return Cascade(
        user=torch.tensor([9, 8, 7, 6, 5, 4]),
        time=torch.arange(6, dtype=torch.float64),
        item=torch.tensor(2),
        parent=parent,
        edge_index=torch.stack([parent[1:], torch.arange(1, 6)]),
        edge_attr=torch.arange(1, 6),
    )


@pytest.mark.parametrize("mask", [False, True])
def test_parents_in_a_subgraph_are_those_among_its_events(mask: bool) -> None:
    kept = torch.tensor([0, 2, 3, 4, 5])
    subset = torch.zeros(6, dtype=torch.bool).index_fill_(0, kept, True) if mask else kept
    whole = tree()
    data = whole.subgraph(subset)
    assert data.validate()
    assert data.user.tolist() == [9, 7, 6, 5, 4]
    # Event 2 has lost its parent and is a root; 3 keeps 0, 4 keeps 3, 5 keeps 2.
    assert data.parent.tolist() == [0, 1, 0, 2, 1]
    assert data.edge_index.tolist() == [[0, 2, 1], [2, 3, 4]]
    assert data.edge_attr.tolist() == [3, 4, 5]
    assert int(data.item) == 2
    assert whole.parent.tolist() == [0, 0, 1, 0, 3, 2]
    assert Cascade(whole.user, whole.time).subgraph(subset).validate()


def test_a_subgraph_of_a_batch_is_the_batch_of_the_subgraphs() -> None:
    first, second = tree(), tree().subgraph(torch.tensor([0, 1, 2]))
    batch = Batch.from_data_list([first, second])
    kept = torch.tensor([0, 2, 5, 6, 8])
    expected = Batch.from_data_list([first.subgraph(kept[:3]), second.subgraph(kept[3:] - 6)])
    for subset in (kept, torch.zeros(9, dtype=torch.bool).index_fill_(0, kept, True)):
        found = batch.subgraph(subset)
        for key in ("user", "time", "parent", "edge_index", "batch", "ptr"):
            assert found[key].equal(expected[key])
        assert [data.parent.tolist() for data in found.to_data_list()] == [[0, 1, 1], [0, 1]]


def test_transforms_that_remove_events_either_renumber_parents_or_fail_the_validation() -> None:
    data = tree()
    data.edge_index = data.edge_index[:, [1, 4]]  # events 1, 2 and 5
    del data.edge_attr
    left = RemoveIsolatedNodes()(data.clone())
    assert left.user.tolist() == [8, 7, 4]
    with pytest.raises(DataError, match=r"must be int64 of shape \[3\], got .* \[6\]; a transform that removes events"):
        left.validate()
    assert not left.validate(raise_on_error=False)
    assert ToUndirected()(data.clone()).validate()
    assert RemoveIsolatedNodes()(tree()).validate()  # there are none


def test_a_notebook_shows_the_first_events() -> None:
    text = cascade()._repr_html_()
    assert re.findall(r"<th>(.*?)</th>", text) == ["user", "time", "parent"]
    assert re.findall(r"<td>(.*?)</td>", text) == ["4", "1.0000", "0", "0", "1.0000", "0", "7", "2.5000", "1"]
    long = Cascade(torch.arange(300), torch.arange(300, dtype=torch.float64), torch.tensor(0))
    assert "The first 10 of 300 events." in long._repr_html_()
    assert len(re.findall(r"<td>", long._repr_html_())) == 20
    assert "300" not in re.findall(r"<td>(.*?)</td>", Batch.from_data_list([long, cascade()])._repr_html_())
    assert "Cascade()" in Cascade()._repr_html_()
