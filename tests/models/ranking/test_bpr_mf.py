from __future__ import annotations

import math

import pytest
import torch

from graphcascade.models import BPRMF
from tests.models.ranking.small_network import assert_overfits, assert_pairs_and_all_scores_agree, random_network

NETWORK = random_network(features=False)


@pytest.mark.parametrize("bias", [True, False])
def test_scores_and_loss_match_the_equations(bias: bool) -> None:
    torch.manual_seed(0)
    model = BPRMF.of(NETWORK, dim=4, bias=bias, std=1.0).double()
    if bias:
        torch.nn.init.normal_(model.bias)
    triples = [(0, 3, 4), (0, 4, 3), (7, 3, 1)]
    found = float(model.loss(*torch.tensor(triples).t()).detach())
    model.requires_grad_(False)

    def literal(user: int, tweet: int) -> float:
        product = sum(float(model.user[user, d]) * float(model.tweet[tweet, d]) for d in range(4))
        return product + (float(model.bias[tweet]) if bias else 0)

    expected = [[literal(user, tweet) for tweet in range(20)] for user in range(12)]
    torch.testing.assert_close(model.scores(torch.arange(12)), torch.tensor(expected, dtype=torch.float64))
    loss = sum(-math.log(1 / (1 + math.exp(literal(u, k) - literal(u, i)))) for u, i, k in triples)
    assert found == pytest.approx(loss)


@torch.no_grad()
def test_scores_do_not_depend_on_the_batch() -> None:
    assert_pairs_and_all_scores_agree(BPRMF.of(NETWORK, bias=True))


def test_the_model_overfits_a_small_network() -> None:
    torch.manual_seed(0)
    assert_overfits(BPRMF.of(NETWORK, dim=16))


def test_new_users_and_tweets_have_the_score_0() -> None:
    model = BPRMF.of(NETWORK, dim=4, std=1.0)
    model.prepare(NETWORK)
    other = random_network(users=13, tweets=21, features=False)
    scores = model.attach(other).scores(torch.arange(13))
    assert bool((scores[12] == 0).all())
    assert bool((scores[:, 20] == 0).all())
    torch.testing.assert_close(scores[:12, :20], model.user @ model.tweet.t())


def test_str_shows_the_arguments() -> None:
    assert str(BPRMF(3, 4, dim=2)) == (
        "BPRMF(num_users=3, num_tweets=4, dim=2, bias=False, std=0.01, regularization=0.0)"
    )
