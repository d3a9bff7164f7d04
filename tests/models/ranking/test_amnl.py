from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from graphcascade.errors import UsageError
from graphcascade.models import AMNL
from tests.models.ranking.small_network import (
    NO_FOLLOWEES,
    assert_overfits,
    assert_pairs_and_all_scores_agree,
    random_network,
    reorder,
)

NETWORK = random_network()


def make(**arguments: Any) -> AMNL:
    torch.manual_seed(0)
    return AMNL.of(NETWORK, **{"dim": 3, "std": 0.7, **arguments}).double()


def facets(model: AMNL, user: int, tweet: int, followees: str) -> tuple[float, float | None]:
    """f and h of Section 2.2, in plain loops."""
    a = model.content.image.weight @ NETWORK["tweet"].x_image[tweet].double()
    a = a + model.content.text.weight @ NETWORK["tweet"].x_text[tweet].double()
    z = torch.tensor([1.7159 * math.tanh(2 * value / 3) for value in a.tolist()], dtype=torch.float64)
    own = float(model.user[user] @ z)
    links = [q for p, q in NETWORK.follows.t().tolist() if p == user]
    if not links and model.self_attention:
        links = [user]
    if not links:
        return own, None
    weights = [1.0] * len(links)
    if followees == "attention":
        layer = model.attention
        inner = [layer.user.weight @ model.user[user] + layer.followee.weight @ model.user[q] for q in links]
        weights = [math.exp(float(layer.score @ (value + layer.user.bias).tanh())) for value in inner]
    shares = [weight / sum(weights) for weight in weights]
    return own, sum(share * float(model.user[q] @ z) for share, q in zip(shares, links, strict=True))


def softplus(value: float) -> float:
    return math.log(1 + math.exp(value))


def literal_score(model: AMNL, user: int, tweet: int, score: str, followees: str) -> float:
    own, social = facets(model, user, tweet, followees)
    if score == "softplus":
        return softplus(own) * (1 if social is None else softplus(social))
    if score == "sum":
        return own + (0 if social is None else social)
    return own * (1 if social is None else social)


@pytest.mark.parametrize("score", ["product", "softplus", "sum"])
@pytest.mark.parametrize("followees", ["attention", "mean"])
@pytest.mark.parametrize("self_attention", [True, False])
@torch.no_grad()
def test_scores_match_the_equations(score: str, followees: str, self_attention: bool) -> None:
    model = make(score=score, followees=followees, self_attention=self_attention)
    expected = [
        [literal_score(model, user, tweet, score, followees) for tweet in range(NETWORK.num_tweets)]
        for user in range(NETWORK.num_users)
    ]
    found = model.scores(torch.arange(NETWORK.num_users))
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


@torch.no_grad()
def test_without_followees_the_own_taste_ranks() -> None:
    model = make(followees="none")
    torch.testing.assert_close(model.score(torch.tensor([4]), torch.tensor([2])).item(), facets(model, 4, 2, "mean")[0])
    both = make()
    user = torch.tensor([NO_FOLLOWEES])
    torch.testing.assert_close(both.scores(user), model.scores(user))


@pytest.mark.parametrize("score", ["product", "softplus", "sum"])
@pytest.mark.parametrize("loss", ["hinge", "logistic"])
def test_losses_match_the_equations(score: str, loss: str) -> None:
    model = make(score=score, loss=loss, margin=0.3, regularization=0.01)
    triples = torch.tensor([[0, 1, 0, NO_FOLLOWEES], [4, 4, 2, 1], [5, 0, 4, 2]])
    found = float(model.loss(*triples).detach())
    model.requires_grad_(False)
    expected = 0.0
    for user, positive, negative in triples.t().tolist():
        best, other = (literal_score(model, user, tweet, score, "attention") for tweet in (positive, negative))
        if loss == "hinge":
            expected += max(0.0, 0.3 + other - best)
        else:
            difference = math.log(other) - math.log(best) if score == "softplus" else other - best
            expected += softplus(difference)
        vectors = [model.user[user], *model.encode_tweets(torch.tensor([positive, negative]))]
        expected += 0.01 * sum(float(vector.square().sum()) for vector in vectors)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("score", ["product", "softplus", "sum"])
@pytest.mark.parametrize("loss", ["hinge", "logistic"])
def test_gradients_of_the_loss_are_those_of_the_equations(score: str, loss: str) -> None:
    """The gradient of every weight is the slope of the loss, taken from the difference of two losses."""
    model = make(score=score, loss=loss, margin=0.3, regularization=0.01)
    triples = torch.tensor([[0, 1, 0, NO_FOLLOWEES], [4, 4, 2, 1], [5, 0, 4, 2]])
    model.loss(*triples).backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        generator = torch.Generator().manual_seed(1)
        direction = torch.randn(weight.shape, generator=generator, dtype=torch.float64)
        with torch.no_grad():
            weight += 1e-6 * direction
            above = float(model.loss(*triples))
            weight -= 2e-6 * direction
            below = float(model.loss(*triples))
            weight += 1e-6 * direction
        slope = (above - below) / 2e-6
        assert float((weight.grad * direction).sum()) == pytest.approx(slope, rel=1e-5, abs=1e-7), name


@pytest.mark.parametrize("content", ["both", "image", "text", "ids"])
@torch.no_grad()
def test_scores_do_not_depend_on_the_batch(content: str) -> None:
    assert_pairs_and_all_scores_agree(make(content=content))


@pytest.mark.parametrize("score", ["product", "softplus", "sum"])
def test_the_model_overfits_a_small_network(score: str) -> None:
    torch.manual_seed(0)
    assert_overfits(AMNL.of(NETWORK, dim=16, score=score))


def test_each_variant_uses_its_features() -> None:
    sizes = {"auto": (5, 4), "both": (5, 4), "image": (5, None), "text": (None, 4)}
    for content, (image, text) in sizes.items():
        layers = make(content=content).content
        found = [None if layer is None else layer.in_features for layer in (layers.image, layers.text)]
        assert found == [image, text]
    assert make(content="ids").content is None
    assert AMNL.of(random_network(features=False)).tweet.shape == (20, 128)


@torch.no_grad()
def test_weights_of_the_followees_of_a_user_sum_to_one() -> None:
    model = make()
    user = torch.tensor([5, NO_FOLLOWEES, 0])
    weight = model.followee_weights(user)
    sizes = [len(model.followees[model.followee_ptr[u] : model.followee_ptr[u + 1]]) for u in user]
    assert weight.numel() == sum(sizes)
    torch.testing.assert_close(weight[: sizes[0]].sum().item(), 1.0)
    assert make(followees="none").followee_weights(user) is None


@pytest.mark.parametrize("score", ["product", "softplus", "sum"])
@pytest.mark.parametrize("self_attention", [True, False])
@torch.no_grad()
def test_features_rank_new_tweets_and_followees_new_users(score: str, self_attention: bool) -> None:
    model = make(score=score, self_attention=self_attention)
    model.prepare(NETWORK)
    other, _, _ = reorder(NETWORK)
    other["tweet"].ids[2] = "a new tweet"
    other["user"].ids[1] = "a new user"
    scores = model.attach(other).scores(torch.arange(other.num_users))
    assert int((model.user_rows == model.num_users).sum()) == int((model.tweet_rows == model.num_tweets).sum()) == 1
    assert float(scores[0, 2]) != 0
    link = other.follows[1][other.follows[0] == 1]
    assert link.numel() > 0
    weight = model.followee_weights(torch.tensor([1]))
    own = look_up_users(model, model.followees[model.followee_ptr[1] : model.followee_ptr[2]])
    expected = (weight.unsqueeze(1) * own).sum(0) @ model.encode_tweets(torch.arange(20)).t()
    if score == "softplus":
        expected = math.log(2) * (1 + expected.exp()).log()
    torch.testing.assert_close(scores[1], expected)
    user, tweet = torch.tensor([1, 0, 1]), torch.tensor([5, 5, 2])
    torch.testing.assert_close(model.score(user, tweet), scores[user, tweet])


def look_up_users(model: AMNL, user: Tensor) -> Tensor:
    return model.user[model.user_rows[user]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"score": "mean"}, r"score='mean'\): must be one of 'product'"),
        ({"loss": "bpr"}, r"loss='bpr'\): must be one of"),
        ({"followees": "all"}, r"followees='all'\): must be one of"),
        ({"margin": 1.0}, "margin=1.0: must be between 0 and 1"),
        ({"dim": 0}, "dim=0: must be at least 1"),
        ({"std": 0.0}, "std=0.0: must be a finite number above 0"),
        ({"content": "sound"}, r"content='sound'\): must be one of"),
        (
            {"content": "text", "text_dim": 0},
            r"content='text': the tweets have no features of their texts \(x_text\); .*add_text_features",
        ),
        ({"regularization": -1.0}, "regularization=-1.0: must be"),
    ],
)
def test_arguments_out_of_range_raise_an_error(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        AMNL.of(NETWORK, **arguments)


def test_a_network_without_the_features_of_the_training_raises_an_error() -> None:
    with pytest.raises(UsageError, match="ranks tweets by features x_image of size 5; these tweets have none"):
        make().attach(random_network(features=False))
