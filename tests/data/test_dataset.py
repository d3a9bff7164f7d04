from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch_geometric.data import Data
from torch_geometric.loader import DataLoader

from graphcascade.data import Cascade, CascadeDataset, CascadeTable
from graphcascade.errors import DataError


@pytest.fixture
def dataset(make_table: Callable[..., CascadeTable]) -> CascadeDataset:
    return CascadeDataset(make_table([[3, 0], [1], [5, 4, 0], [2, 1]], parent=torch.tensor([0, 0, 0, 0, 0, 1, 0, 0])))


def users(dataset: CascadeDataset) -> list[list[int]]:
    return [cascade.user.tolist() for cascade in dataset]


def test_an_element_is_a_cascade(dataset: CascadeDataset) -> None:
    cascade = dataset[2]
    assert isinstance(cascade, Cascade)
    assert cascade.validate()
    assert cascade.user.tolist() == [5, 4, 0]
    assert cascade.time.tolist() == [20.0, 21.0, 22.0]
    assert cascade.parent.tolist() == [0, 0, 1]
    assert int(cascade.item) == 2
    assert dataset[-1].user.tolist() == [2, 1]
    with pytest.raises(IndexError):
        dataset[4]


def test_attributes(dataset: CascadeDataset) -> None:
    assert (len(dataset), dataset.num_users, dataset.name, dataset.time_unit) == (4, 6, "cascades", None)
    assert list(dataset.user_ids[:2]) == ["u0", "u1"]
    assert list(dataset.item_ids[:1]) == ["item 0"]
    assert dataset.follow_graph is None
    assert dataset.true_graph is None
    assert dataset.split is None
    assert str(dataset) == "CascadeDataset(cascades: 4 cascades, 6 users)"


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (slice(1, 3), [1, 2]),
        (slice(None, None, -2), [3, 1]),
        ([2, 0], [2, 0]),
        (torch.tensor([3, 3]), [3, 3]),
        (np.array([1]), [1]),
        (torch.tensor([True, False, False, True]), [0, 3]),
        (np.array([False, True, False, False]), [1]),
        ([], []),
    ],
)
def test_a_view_has_the_chosen_cascades_over_the_same_users(
    dataset: CascadeDataset, index: Any, expected: list[int]
) -> None:
    view = dataset[index]
    assert isinstance(view, CascadeDataset)
    assert view.cascade_index.tolist() == expected
    assert users(view) == [users(dataset)[k] for k in expected]
    assert view.table.user.tolist() == [user for k in expected for user in users(dataset)[k]]
    assert view.num_users == 6
    assert len(dataset) == 4


def test_a_view_of_a_view(dataset: CascadeDataset) -> None:
    view = dataset[[3, 2, 0]][1:]
    assert view.cascade_index.tolist() == [2, 0]
    assert users(view) == [[5, 4, 0], [3, 0]]
    assert users(view.copy([1])) == [[3, 0]]


def test_seen_are_the_users_of_the_view(dataset: CascadeDataset) -> None:
    assert dataset.seen.all()
    assert dataset[[0, 1]].seen.tolist() == [True, True, False, True, False, False]
    assert not dataset[:0].seen.any()


def test_copy_holds_the_cascades_of_the_view_only(dataset: CascadeDataset) -> None:
    dataset.transform = lambda cascade: cascade
    small = dataset[[2, 0]].copy()
    assert small.table.num_events == 5
    assert small.cascade_index.tolist() == [0, 1]
    assert users(small) == [[5, 4, 0], [3, 0]]
    assert small.transform is dataset.transform
    small.table.user.zero_()
    assert users(dataset)[2] == [5, 4, 0]


def test_a_deep_copy_shares_nothing(dataset: CascadeDataset) -> None:
    view = dataset[[2, 0]]
    twin = copy.deepcopy(view)
    assert users(twin) == users(view)
    twin._table.user.zero_()
    assert users(view) == [[5, 4, 0], [3, 0]]


def test_a_transform_is_applied_when_a_cascade_is_taken_out(make_table: Callable[..., CascadeTable]) -> None:
    def later(cascade: Cascade) -> Cascade:
        cascade.time = cascade.time + 1
        return cascade

    dataset = CascadeDataset(make_table([[3, 0], [1]]), transform=later)
    assert dataset[0].time.tolist() == [1.0, 2.0]
    assert dataset[0].time.tolist() == [1.0, 2.0]
    assert dataset.table.time.tolist() == [0.0, 1.0, 10.0]


def test_pyg_reads_the_flat_tensors(dataset: CascadeDataset) -> None:
    assert dataset.user.tolist() == [3, 0, 1, 5, 4, 0, 2, 1]
    assert dataset[1:3].user.tolist() == [1, 5, 4, 0]
    (batch,) = DataLoader(dataset, batch_size=4)
    assert batch.user.equal(dataset.table.user)
    assert batch.parent.tolist() == [0, 0, 2, 3, 3, 4, 6, 6]


def test_one_cascade(make_table: Callable[..., CascadeTable]) -> None:
    dataset = CascadeDataset(make_table([[3, 0]]))
    assert users(dataset) == [[3, 0]]
    assert users(dataset.copy()) == [[3, 0]]


def test_a_follow_graph_without_edges(dataset: CascadeDataset) -> None:
    view = dataset.with_follow_graph(Data(num_nodes=dataset.num_users))
    assert view.follow_graph is not None
    assert view.follow_graph.edge_index.shape == (2, 0)
    assert view.describe()["follow links"] == 0


def test_with_follow_graph_leaves_the_dataset_alone(dataset: CascadeDataset) -> None:
    graph = Data(edge_index=torch.tensor([[0], [1]]), num_nodes=6)
    view = dataset[1:].with_follow_graph(graph, left_out=7)
    assert view.follow_graph is graph
    assert view.table.follow_edges_outside == 7
    assert users(view) == users(dataset)[1:]
    assert dataset.follow_graph is None
    with pytest.raises(DataError, match="the follow graph has 5 users, cascades has 6"):
        dataset.with_follow_graph(Data(edge_index=graph.edge_index, num_nodes=5))
