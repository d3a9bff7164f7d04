from __future__ import annotations

import math

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.nn import FixedFeatures

FEATURES = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


def test_vectors_are_features_then_trained() -> None:
    torch.manual_seed(0)
    embedding = FixedFeatures(FEATURES, 5)
    assert (embedding.num_users, embedding.dim) == (3, 5)
    vectors = embedding(torch.tensor([2, 0]))
    assert vectors[:, :2].equal(FEATURES[[2, 0]])
    assert vectors[:, 2:].equal(embedding.weight[[2, 0]])
    assert str(embedding) == "FixedFeatures(3, 5)"


def test_unseen_users_keep_their_features_and_unknown_users_get_zeros() -> None:
    embedding = FixedFeatures(FEATURES, 3)
    embedding.set_seen(torch.tensor([True, False, True]))
    assert embedding(torch.tensor([1, 3, 9])).tolist() == [[3, 4, 0], [0, 0, 0], [0, 0, 0]]


def test_training_changes_the_trained_part_only() -> None:
    torch.manual_seed(0)
    embedding = FixedFeatures(FEATURES, 4)
    before = embedding.weight.detach().clone()
    optimizer = torch.optim.Adam(embedding.parameters(), lr=0.1)
    embedding(torch.tensor([0, 1])).square().sum().backward()
    optimizer.step()
    assert [name for name, _ in embedding.named_parameters()] == ["weight"]
    assert embedding(torch.arange(3))[:, :2].equal(FEATURES)
    assert bool((embedding.weight[:2] != before[:2]).all())
    assert embedding.weight[2:].equal(before[2:])
    assert "features" in embedding.state_dict()


def test_bad_arguments_raise_an_error() -> None:
    with pytest.raises(UsageError, match=r"dim=2\): must be above the 2 features"):
        FixedFeatures(FEATURES, 2)
    with pytest.raises(UsageError, match=r"features\): has the shape \[2\], must have \[users, k\]"):
        FixedFeatures(FEATURES[0], 4)
    with pytest.raises(UsageError, match=r"features\): has a value that is not finite"):
        FixedFeatures(torch.full((2, 2), math.nan), 4)
