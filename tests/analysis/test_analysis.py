"""Each analysis beside a literal computation on small data."""

from __future__ import annotations

import itertools
import math
import sys
from functools import partial

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.analysis import (
    closest_users,
    cooccurrence,
    cooccurrence_by_distance,
    position_norms,
    predict_social_links,
)
from graphcascade.data.segments import pairs_by_user
from graphcascade.errors import DataError, UsageError
from graphcascade.models import LSTM, NDM
from tests.models.small_data import dataset_of, random_dataset

USERS = 7


def graph(*edges: tuple[int, int], weight: list[float] | None = None, users: int = USERS) -> Data:
    data = Data(edge_index=torch.tensor(edges, dtype=torch.long).T, num_nodes=users)
    if weight is not None:
        data.edge_weight = torch.tensor(weight)
    return data


def test_cooccurrence_matches_a_plain_loop() -> None:
    dataset = random_dataset([5, 7, 3, 2, 6, 1, 7], USERS)
    cascades = [dataset[number].user.tolist() for number in range(len(dataset))]
    together = {
        pair: sum(set(pair) <= set(cascade) for cascade in cascades) for pair in itertools.combinations(range(USERS), 2)
    }
    found = cooccurrence_by_distance(dataset, between=(0, 2), near=3, top=0.3).set_index("between")
    for name, wanted in (("0", {0}), ("2", {2}), ("< 3", {0, 1, 2}), (">= 3", {3, 4, 5})):
        pairs = [
            tuple(sorted((cascade[i], cascade[j])))
            for cascade in cascades
            for i, j in itertools.combinations(range(len(cascade)), 2)
            if j - i - 1 in wanted
        ]
        times = sorted((together[pair] for pair in pairs), reverse=True)
        share = 0.3 * len(times)  # of the occurrences, the last one in part
        weights = [min(1.0, max(0.0, share - place)) for place in range(len(times))]
        highest = sum(weight * value for weight, value in zip(weights, times, strict=True)) / share
        row = found.loc[name]
        assert row["pairs"] == len(pairs)
        assert (row["mean"], row["top"]) == pytest.approx((sum(times) / len(times), highest))


def test_cooccurrence_without_pairs() -> None:
    found = cooccurrence_by_distance(dataset_of([[0], [1]], USERS))
    assert found["pairs"].tolist() == [0] * 6
    assert found["mean"].isna().all()
    with pytest.raises(UsageError, match="top=0"):
        cooccurrence_by_distance(dataset_of([[0, 1]], USERS), top=0)


def test_cooccurrence_does_not_depend_on_the_portion_size(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = random_dataset([5, 7, 3, 2, 6, 1, 7], USERS)
    whole = cooccurrence_by_distance(dataset)
    monkeypatch.setattr(cooccurrence, "pairs_by_user", partial(pairs_by_user, chunk=4))
    assert cooccurrence_by_distance(dataset).equals(whole)


def test_too_many_pairs_for_cooccurrence_raise_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cooccurrence, "MAX_PAIRS", 9)
    with pytest.raises(DataError, match=r"hold 10 pairs of events, and at most 9 .*longest has 5 events"):
        cooccurrence_by_distance(dataset_of([[0, 1, 2, 3, 4]], USERS))


@pytest.mark.parametrize("init", [True, False])
def test_norms_of_the_positions(init: bool) -> None:
    torch.manual_seed(0)
    model = NDM(USERS, dim=4, window=2, init=init)
    found = position_norms(model).set_index("matrix")
    assert list(found.index) == (["init"] if init else []) + ["0", "1"]
    for place, name in enumerate(["0", "1"] + (["init"] if init else [])):
        norm = math.sqrt(
            sum(w**2 for w in model.readout.weight.detach()[:, 4 * place : 4 * place + 4].flatten().tolist())
        )
        assert found.loc[name, "norm"] == pytest.approx(norm)
        assert found.loc[name, "squared"] == pytest.approx(norm**2)


def test_the_closest_user_by_embedding_and_by_attention(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_accuracy_of_social_links() -> None:
    follows = graph((0, 1), (0, 2), (1, 0), (3, 4))
    result = predict_social_links(graph((0, 2), (1, 2), (3, 4), (3, 5), weight=[1.0, 1.0, 0.9, 0.5]), follows)
    assert result.accuracy == pytest.approx(2 / 3)  # 0 and 3 are right: the heavier edge of 3 counts
    assert result.error == pytest.approx(math.sqrt(2 / 9 / 3))
    assert result.random == pytest.approx((2 + 1 + 1) / 3 / 6)
    assert result.users == 3
    assert "66.67%" in str(result)


def test_links_that_cannot_be_compared_raise_an_error() -> None:
    with pytest.raises(UsageError, match="over 7 users, the follow graph over 8"):
        predict_social_links(graph((0, 1)), graph((0, 1), users=8))
    empty = Data(edge_index=torch.empty(2, 0, dtype=torch.long), num_nodes=USERS)
    with pytest.raises(DataError, match="no edge to compare"):
        predict_social_links(empty, graph((0, 1)))
