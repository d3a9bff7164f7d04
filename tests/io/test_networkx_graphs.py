from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from torch_geometric.data import Data

from graphcascade.data import Cascade, CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.io import from_pandas, to_networkx


@pytest.fixture
def dataset() -> CascadeDataset:
    return from_pandas(
        pd.DataFrame(
            {
                "user": ["ann", "bob", "cy", "cy"],
                "item": ["x", "x", "x", "y"],
                "time": [1.0, 2.0, 4.0, 0.0],
                "parent": [None, "ann", "ann", None],
            }
        )
    )


def test_edges_of_a_cascade_go_from_parents_to_children(dataset: CascadeDataset) -> None:
    graph = to_networkx(dataset[0], dataset)
    assert dict(graph.nodes(data="time")) == {"ann": 1.0, "bob": 2.0, "cy": 4.0}
    assert set(graph.edges) == {("ann", "bob"), ("ann", "cy")}
    assert graph.is_directed()


def test_without_a_dataset_nodes_are_numbers(dataset: CascadeDataset) -> None:
    graph = to_networkx(dataset[1])
    assert dict(graph.nodes(data="time")) == {2: 0.0}
    assert graph.number_of_edges() == 0


def test_edges_between_events_are_used_where_parents_are_not_known() -> None:
    cascade = Cascade(
        user=torch.tensor([7, 5, 6]),
        time=torch.tensor([0.0, 1.0, 2.0], dtype=torch.float64),
        item=torch.tensor(0),
        edge_index=torch.tensor([[0, 0, 1], [1, 2, 2]]),
    )
    assert set(to_networkx(cascade).edges) == {(7, 5), (7, 6), (5, 6)}
    assert set(to_networkx(Cascade(cascade.user, cascade.time)).edges) == set()


def test_a_network_has_all_users(dataset: CascadeDataset) -> None:
    network = Data(edge_index=torch.tensor([[2], [0]]), edge_weight=torch.tensor([0.25]), num_nodes=3)
    graph = to_networkx(network, dataset)
    assert list(graph.nodes) == ["ann", "bob", "cy"]
    assert list(graph.edges(data="weight")) == [("cy", "ann", 0.25)]
    assert list(to_networkx(network).edges(data="weight")) == [(2, 0, 0.25)]


def test_edges_of_a_network_without_weights_have_no_attributes(dataset: CascadeDataset) -> None:
    graph = to_networkx(Data(edge_index=torch.tensor([[0, 1], [1, 2]]), num_nodes=3), dataset)
    assert list(graph.edges(data=True)) == [("ann", "bob", {}), ("bob", "cy", {})]


def test_a_network_without_edges_has_nodes() -> None:
    graph = to_networkx(Data(edge_index=torch.empty(2, 0, dtype=torch.long), num_nodes=2))
    assert list(graph.nodes) == [0, 1]


def test_a_network_over_other_users_raises_an_error(dataset: CascadeDataset) -> None:
    with pytest.raises(UsageError, match="graph: has 5 users, and cascades has 3"):
        to_networkx(Data(edge_index=torch.tensor([[0], [1]]), num_nodes=5), dataset)


def test_a_cascade_of_another_dataset_raises_an_error(dataset: CascadeDataset) -> None:
    cascade = Cascade(torch.tensor([9]), torch.zeros(1, dtype=torch.float64), torch.tensor(0))
    with pytest.raises(UsageError, match=r"user 9.*cascades has 3"):
        to_networkx(cascade, dataset)


def test_ids_are_plain_strings(dataset: CascadeDataset) -> None:
    assert all(type(node) is str for node in to_networkx(dataset[0], dataset))
    assert not any(isinstance(node, np.generic) for node in to_networkx(dataset[0]))
