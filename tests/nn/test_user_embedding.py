from __future__ import annotations

import pytest
import torch

from graphcascade.nn import UserEmbedding


def test_vectors_are_rows_of_the_weight_and_unknown_users_get_zeros() -> None:
    torch.manual_seed(0)
    embedding = UserEmbedding(4, 3, std=2.0)
    vectors = embedding(torch.tensor([2, 0, 4, 3, 99]))
    assert vectors[[0, 1, 3]].equal(embedding.weight[[2, 0, 3]])
    assert vectors[[2, 4]].tolist() == [[0, 0, 0]] * 2
    assert str(embedding) == "UserEmbedding(4, 3)"


def test_users_that_training_has_not_seen_are_unknown() -> None:
    embedding = UserEmbedding(4, 3)
    embedding.set_seen(torch.tensor([True, False, True, True]))
    vectors = embedding(torch.tensor([0, 1]))
    assert vectors[0].equal(embedding.weight[0])
    assert vectors[1].tolist() == [0, 0, 0]
    assert embedding.state_dict()["seen"].tolist() == [True, False, True, True]


@pytest.mark.parametrize("fused", [True, False])
def test_training_leaves_the_unknown_row_and_unseen_users_alone(fused: bool) -> None:
    torch.manual_seed(0)
    embedding = UserEmbedding(4, 3)
    embedding.set_seen(torch.tensor([True, False, True, True]))
    before = embedding.weight.detach().clone()
    optimizer = torch.optim.Adam(embedding.parameters(), lr=0.1, fused=fused)
    for _ in range(3):
        optimizer.zero_grad()
        embedding(torch.tensor([0, 1, 2, 7])).square().sum().backward()
        optimizer.step()
    assert embedding.weight[[1, 3, 4]].equal(before[[1, 3, 4]])
    assert bool((embedding.weight[[0, 2]] != before[[0, 2]]).all())


def test_initial_vectors_have_the_given_standard_deviation() -> None:
    torch.manual_seed(0)
    embedding = UserEmbedding(2000, 10, std=0.3)
    assert float(embedding.weight[:-1].detach().std()) == pytest.approx(0.3, rel=0.02)
    assert not embedding.weight[-1].any()
