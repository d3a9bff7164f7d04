from __future__ import annotations

import math

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.models import VBPR
from tests.models.ranking.small_network import (
    assert_overfits,
    assert_pairs_and_all_scores_agree,
    random_network,
    reorder,
)

NETWORK = random_network()


def dot(left: torch.Tensor, right: torch.Tensor) -> float:
    return sum(float(a) * float(b) for a, b in zip(left, right, strict=True))


@torch.no_grad()
def test_scores_match_the_equation() -> None:
    torch.manual_seed(0)
    model = VBPR.of(NETWORK, dim=3, visual_dim=2, std=1.0).double()
    torch.nn.init.normal_(model.bias)
    x = NETWORK["tweet"].x_image.double()

    def literal(user: int, tweet: int) -> float:
        own, theta = model.user[user, :3], model.user[user, 3:]
        visual = [dot(row, x[tweet]) for row in model.image.weight]
        score = float(model.bias[tweet]) + sum(float(own[d]) * float(model.tweet[tweet, d]) for d in range(3))
        score += sum(float(theta[d]) * visual[d] for d in range(2))
        return score + sum(
            float(w) * float(value) for w, value in zip(model.image_bias.weight[0], x[tweet], strict=True)
        )

    expected = [[literal(user, tweet) for tweet in range(20)] for user in range(12)]
    torch.testing.assert_close(model.scores(torch.arange(12)), torch.tensor(expected, dtype=torch.float64))
    assert_pairs_and_all_scores_agree(model)


def test_the_loss_matches_the_equation() -> None:
    """The penalty is on the vectors that are multiplied, the map of the image and the biases among them."""
    torch.manual_seed(0)
    model = VBPR.of(NETWORK, dim=3, visual_dim=2, std=1.0, regularization=0.1).double()
    torch.nn.init.normal_(model.bias)
    triples = [(0, 3, 4), (0, 4, 3), (7, 3, 1)]
    found = float(model.loss(*torch.tensor(triples).t()).detach())
    model.requires_grad_(False)
    score = model.scores(torch.arange(12))
    x = NETWORK["tweet"].x_image.double()
    expected = 0.0
    for user, positive, negative in triples:
        expected += math.log(1 + math.exp(float(score[user, negative] - score[user, positive])))
        penalty = dot(model.user[user], model.user[user]) + 1  # the factor of the biases is 1
        for tweet in (positive, negative):
            visual = [dot(row, x[tweet]) for row in model.image.weight]
            bias = float(model.bias[tweet]) + dot(model.image_bias.weight[0], x[tweet])
            penalty += dot(model.tweet[tweet], model.tweet[tweet]) + sum(value**2 for value in visual) + bias**2
        expected += 0.1 * penalty
    assert found == pytest.approx(expected)


def test_the_model_overfits_a_small_network() -> None:
    torch.manual_seed(0)
    assert_overfits(VBPR.of(NETWORK))


@torch.no_grad()
def test_new_tweets_are_ranked_by_their_features() -> None:
    model = VBPR.of(NETWORK)
    model.prepare(NETWORK)
    other, user, _ = reorder(NETWORK)
    other["tweet"].ids[4] = "a new tweet"
    x = other["tweet"].x_image[4]
    expected = model.user[:, 64:] @ model.image(x) + model.image_bias(x)
    torch.testing.assert_close(model.attach(other).scores(user)[:, 4], expected)


def test_tweets_without_features_raise_an_error() -> None:
    with pytest.raises(
        UsageError, match=r"have none \(x_image\)\. If .*--image-features .*add_image_features; otherwise use BPRMF"
    ):
        VBPR.of(random_network(features=False))
    with pytest.raises(UsageError, match="visual_dim=0: must be at least 1"):
        VBPR.of(NETWORK, visual_dim=0)
    with pytest.raises(UsageError, match="features x_image of size 5; these tweets have none"):
        VBPR.of(NETWORK).attach(random_network(features=False))
