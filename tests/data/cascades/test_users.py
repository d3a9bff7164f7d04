from __future__ import annotations

import numpy as np
import pytest
import torch
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset
from graphcascade.data.cascades.users import match_users
from graphcascade.errors import DataError
from graphcascade.loader import CascadeLoader
from graphcascade.transforms import FollowEdges
from tests.models.small_data import dataset_of

MODEL_IDS = np.array(["a", "b", "c"], dtype=object)


def ids(dataset: CascadeDataset) -> list[list[str]]:
    return [[dataset.user_ids[user] for user in cascade.user.tolist()] for cascade in dataset]


def test_equal_ids_or_no_ids_change_nothing() -> None:
    data = dataset_of([[0, 1]], 3, user_ids=["a", "b", "c"])
    assert match_users(data, MODEL_IDS) is data
    assert match_users(data, None) is data


def test_known_users_get_the_models_numbers_and_unknown_users_follow() -> None:
    data = dataset_of([[0, 1, 2], [3, 0]], 4, user_ids=["x", "c", "a", "y"])
    matched = match_users(data, MODEL_IDS)
    assert [cascade.user.tolist() for cascade in matched] == [[3, 2, 0], [4, 3]]
    assert matched.user_ids.tolist() == ["a", "b", "c", "x", "y"]
    assert ids(matched) == ids(data)
    assert data[0].user.tolist() == [0, 1, 2]


def test_views_and_splits_are_kept() -> None:
    data = dataset_of([[0], [1], [2], [0, 1], [2, 1]], 3, user_ids=["c", "b", "a"])
    part = data.splits("random", (0.6, 0.2, 0.2))[2]
    matched = match_users(part, MODEL_IDS)
    assert matched.split == part.split
    assert ids(matched) == ids(part)
    assert len(matched) == 1


def test_graphs_over_users_are_left_out() -> None:
    graph = Data(edge_index=torch.tensor([[0], [1]]), num_nodes=3)
    data = dataset_of([[0, 1]], 3, user_ids=["c", "b", "a"], follow_graph=graph)
    assert match_users(data, MODEL_IDS).follow_graph is None


def test_a_transform_still_sees_the_datasets_own_numbers() -> None:
    graph = Data(edge_index=torch.tensor([[0, 1], [1, 3]]), num_nodes=4)
    plain = dataset_of([[0, 1, 2, 3], [1, 3]], 4, user_ids=["x", "c", "a", "b"])
    data = CascadeDataset(plain.table, FollowEdges(graph, self_loops=False))
    matched = match_users(data, MODEL_IDS)
    assert ids(matched) == ids(data)
    for ours, theirs in zip(matched, data, strict=True):
        assert ours.edge_index.equal(theirs.edge_index)
    batch = next(iter(CascadeLoader(matched, 2)))
    assert batch.user.tolist() == [3, 2, 0, 1, 2, 1]
    assert batch.edge_index.tolist() == [[0, 1, 4], [1, 3, 5]]


def test_no_user_is_known() -> None:
    data = dataset_of([[0, 1]], 2, user_ids=["1", "2"])
    with pytest.raises(DataError, match=r"none of its 2 users is known to the model .it has '1', the model has 'a'"):
        match_users(data, MODEL_IDS)
