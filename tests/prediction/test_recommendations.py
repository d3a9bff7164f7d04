from __future__ import annotations

import numpy as np
import pytest
import torch

from graphcascade.errors import UnknownNameError, UsageError
from graphcascade.models import AMNL, BPRMF, TweetPopularity
from graphcascade.models.ranking import ranking_model
from graphcascade.prediction import recommend_tweets
from tests.models.ranking.small_network import NO_FOLLOWEES, random_network

NETWORK = random_network()
TRAIN, _, TEST = NETWORK.splits(0.6)


@pytest.mark.parametrize("portion", [1 << 20, 45])
@torch.no_grad()
def test_the_best_unseen_tweets_are_recommended_with_the_followees_that_weigh_most(
    portion: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking_model, "MAX_SCORES", portion)  # 45 scores are those of two users
    torch.manual_seed(0)
    model = AMNL.of(TRAIN, dim=3, std=1.0)
    model.prepare(TRAIN)
    frame = recommend_tweets(model, k=4)
    scores = model.scores(torch.arange(12))
    known = set(zip(*torch.cat([TRAIN.retweets, TRAIN.posts], 1).tolist(), strict=True))
    for user in range(12):
        rows = frame[frame["user"] == f"user {user}"]
        unseen = [tweet for tweet in range(20) if (user, tweet) not in known]
        best = sorted(unseen, key=lambda tweet, user=user: -float(scores[user, tweet]))[:4]
        assert list(rows["tweet"]) == [f"tweet {tweet}" for tweet in best]
        assert list(rows["rank"]) == list(range(1, len(best) + 1))
        assert list(rows["score"]) == pytest.approx(scores[user, best].tolist())
        links = NETWORK.follows[1][NETWORK.follows[0] == user]
        weight = model.followee_weights(torch.tensor([user]))
        order = torch.argsort(weight, descending=True)[:3]
        named = ", ".join(f"user {links[link]} ({weight[link]:.2f})" for link in order.tolist())
        assert set(rows["followees"]) == {named}
    assert set(frame[frame["user"] == f"user {NO_FOLLOWEES}"]["followees"]) == {""}


def test_tweets_are_recommended_to_the_named_users() -> None:
    model = TweetPopularity.of(TRAIN).fit(TRAIN)
    frame = recommend_tweets(model, ["user 7", "user 2"], 100, TEST)
    assert list(frame["user"].unique()) == ["user 7", "user 2"]
    known = torch.cat([TEST.retweets, TEST.posts], 1)
    assert len(frame) == sum(20 - known[1][known[0] == user].unique().numel() for user in (7, 2))
    assert "followees" not in frame


def test_no_users_get_an_empty_table() -> None:
    assert recommend_tweets(TweetPopularity.of(TRAIN).fit(TRAIN), []).empty


def test_new_users_and_tweets_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    model = TweetPopularity.of(TRAIN).fit(TRAIN)
    recommend_tweets(model)
    assert not caplog.records
    other = random_network()
    other["user"].ids = np.array([f"user {number}" for number in range(3, 15)], dtype=object)
    recommend_tweets(model, ["user 14", "user 3"], network=other)
    assert "the model does not know 1 of 2 users and 0 of 20 tweets" in caplog.text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_scores_that_are_not_finite_raise_an_error(value: float) -> None:
    model = BPRMF.of(TRAIN, dim=3)
    model.prepare(TRAIN)
    with torch.no_grad():
        model.tweet[3, 1] = value
    with pytest.raises(UsageError, match="a score is not finite: has training diverged"):
        recommend_tweets(model)


def test_bad_arguments_raise_an_error() -> None:
    model = TweetPopularity.of(TRAIN).fit(TRAIN)
    with pytest.raises(UsageError, match="k=0: must be at least 1"):
        recommend_tweets(model, k=0)
    with pytest.raises(UnknownNameError, match="has no user 'eve'"):
        recommend_tweets(model, ["user 1", "eve"])
    with pytest.raises(UsageError, match="was not trained yet"):
        recommend_tweets(TweetPopularity.of(TRAIN))
