from __future__ import annotations

import math

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.models import CITING
from tests.models.ranking.small_network import (
    assert_overfits,
    assert_pairs_and_all_scores_agree,
    random_network,
    reorder,
)

NETWORK = random_network()


def make() -> CITING:
    torch.manual_seed(0)
    return CITING.of(NETWORK, dim=3, std=1.0).double()


def literal(model: CITING, user: int, tweet: int) -> float:
    features = NETWORK["tweet"].x_text[tweet].tolist()
    weight, own = model.text.weight.tolist(), model.user[user].tolist()
    return sum(own[d] * sum(y * weight[d][f] for f, y in enumerate(features)) for d in range(3))


def test_scores_and_loss_match_the_equations() -> None:
    model = make()
    triples = [(0, 3, 4), (0, 4, 3), (7, 3, 1)]
    found = float(model.loss(*torch.tensor(triples).t()).detach())
    expected = [[literal(model, user, tweet) for tweet in range(20)] for user in range(12)]
    with torch.no_grad():
        torch.testing.assert_close(model.scores(torch.arange(12)), torch.tensor(expected, dtype=torch.float64))
        assert_pairs_and_all_scores_agree(model)
    loss = sum(math.log(1 + math.exp(expected[u][k] - expected[u][i])) for u, i, k in triples)
    assert found == pytest.approx(loss)


def test_the_model_overfits_a_small_network() -> None:
    torch.manual_seed(0)
    assert_overfits(CITING.of(NETWORK, dim=16))


@torch.no_grad()
def test_new_tweets_are_ranked_by_their_texts() -> None:
    model = make()
    model.prepare(NETWORK)
    other, user, _ = reorder(NETWORK)
    other["tweet"].ids[4] = "a new tweet"
    expected = model.user @ model.text(other["tweet"].x_text[4].double())
    torch.testing.assert_close(model.attach(other).scores(user)[:, 4], expected)


def test_tweets_without_features_raise_an_error() -> None:
    with pytest.raises(
        UsageError,
        match=r"have none \(x_text\)\. If they have texts, add features with --text-features .*; otherwise use BPRMF",
    ):
        CITING.of(random_network(features=False))
    with pytest.raises(UsageError, match="features x_text of size 4; these tweets have none"):
        make().attach(random_network(features=False))
