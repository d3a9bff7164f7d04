from __future__ import annotations

import math
import sys

import pytest
import torch

from graphcascade.analysis import (
    closest_users,
)
from graphcascade.errors import UsageError
from graphcascade.models import LSTM, NDM

USERS = 7


def test_the_closest_user_has_the_highest_score(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    model = NDM(USERS, dim=4, heads=3, std=1.0).double()
    model.embedding.set_seen(torch.tensor([True] * 6 + [False]))
    vector = model.embedding.weight.detach()[:6]
    by_product = vector @ vector.T
    weights = []
    for head in range(3):
        query, key = vector @ model.query[head].detach(), vector @ model.key[head].detach()
        weights.append((query @ key.T).softmax(1))
    by_attention = sum(weights) / 3
    for by, score in (("embedding", by_product), ("attention", by_attention)):
        score = score.clone().fill_diagonal_(-math.inf)
        for chunk in (2**24, 20):
            monkeypatch.setattr(sys.modules[closest_users.__module__], "MAX_SCORES", chunk)
            found = closest_users(model, by)  # type: ignore[arg-type]
            assert found.edge_index.tolist() == [list(range(6)), score.argmax(1).tolist()]
            torch.testing.assert_close(found.edge_weight, score.amax(1))
            assert found.num_nodes == USERS


def test_every_model_with_user_vectors_has_closest_users() -> None:
    model = LSTM(USERS, dim=3, hidden=2)
    assert closest_users(model).num_edges == USERS
    with pytest.raises(UsageError, match="LSTM has no attention between two users"):
        closest_users(model, "attention")
    model.embedding.set_seen(torch.tensor([True] + [False] * 6))
    with pytest.raises(UsageError, match="fewer than two users"):
        closest_users(model)
