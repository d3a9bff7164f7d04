from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.models import RRFM
from tests.models.ranking.small_network import assert_overfits, assert_pairs_and_all_scores_agree, random_network

NETWORK = random_network(features=False)
TRIPLES = [(0, 3, 4), (0, 4, 3), (7, 3, 1)]


def make(**arguments: Any) -> RRFM:
    torch.manual_seed(0)
    model = RRFM.of(NETWORK, dim=3, std=1.0, **arguments).double()
    torch.nn.init.normal_(model.boundary)
    return model


def literal(model: RRFM, user: int, tweet: int) -> float:
    own, other = model.user[user].tolist(), model.tweet[tweet].tolist()
    return sum(a * b for a, b in zip(own, other, strict=True)) - float(model.boundary[user].detach())


def test_scores_and_loss_match_the_equations() -> None:
    model = make(unobserved_weight=0.5, sharpness=2.0)
    found = float(model.loss(*torch.tensor(TRIPLES).t()).detach())
    score = [[literal(model, user, tweet) for tweet in range(20)] for user in range(12)]
    with torch.no_grad():
        torch.testing.assert_close(model.scores(torch.arange(12)), torch.tensor(score, dtype=torch.float64))
        assert_pairs_and_all_scores_agree(model)

    def hinge(x: float) -> float:
        return math.log(1 + math.exp(2.0 * x)) / 2.0

    assert found == pytest.approx(sum(hinge(1 - score[u][i]) + 0.5 * hinge(1 + score[u][k]) for u, i, k in TRIPLES))


def test_the_loss_becomes_the_hinge() -> None:
    model = make(sharpness=10_000.0)
    found = float(model.loss(*torch.tensor(TRIPLES).t()).detach())
    score = [[literal(model, user, tweet) for tweet in range(20)] for user in range(12)]
    hinges = sum(max(0.0, 1 - score[u][i]) + max(0.0, 1 + score[u][k]) for u, i, k in TRIPLES)
    assert found == pytest.approx(hinges, abs=1e-3)


def test_the_model_overfits_a_small_network() -> None:
    torch.manual_seed(0)
    assert_overfits(RRFM.of(NETWORK, dim=16))


@pytest.mark.parametrize("argument", ["unobserved_weight", "sharpness"])
def test_arguments_out_of_range_raise_an_error(argument: str) -> None:
    with pytest.raises(UsageError, match=f"{argument}=0.0: must be a finite number above 0"):
        RRFM(3, 4, **{argument: 0.0})
