"""Models that count, beside plain loops."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.models import CoRetweets, FolloweeRetweets, TweetPopularity, TweetRecency
from graphcascade.models.ranking import RankingCounter
from tests.models.ranking.small_network import random_network, reorder

NETWORK = random_network()
TRAIN, _, TEST = NETWORK.splits(0.6)
RETWEETS = set(zip(*TRAIN.supervised.tolist(), strict=True))
FOLLOWS = NETWORK.follows.t().tolist()
USERS, TWEETS = range(NETWORK.num_users), range(NETWORK.num_tweets)


def popularity(user: int, tweet: int) -> int:
    return sum((other, tweet) in RETWEETS for other in USERS)


def recency(user: int, tweet: int) -> int:
    return sum(bool(time < NETWORK.post_time[tweet]) for time in NETWORK.post_time)


def followee_retweets(user: int, tweet: int) -> int:
    return sum((followee, tweet) in RETWEETS for follower, followee in FOLLOWS if follower == user)


def co_retweets(user: int, tweet: int) -> int:
    def overlap(other: int) -> int:
        return sum((user, each) in RETWEETS and (other, each) in RETWEETS for each in TWEETS)

    return sum(overlap(other) for other in USERS if other != user and (other, tweet) in RETWEETS)


COUNTERS = {
    TweetPopularity: popularity,
    TweetRecency: recency,
    FolloweeRetweets: followee_retweets,
    CoRetweets: co_retweets,
}


@pytest.mark.parametrize(("kind", "literal"), COUNTERS.items())
def test_scores_match_the_definitions_of_the_counters(
    kind: type[RankingCounter], literal: Callable[[int, int], int]
) -> None:
    model = kind.of(TRAIN).fit(TRAIN)
    expected = torch.tensor([[literal(user, tweet) for tweet in TWEETS] for user in USERS]).float()
    assert model.attach(TEST).scores(torch.tensor(USERS)).equal(expected)
    user, tweet = torch.tensor([3, 0, 3, 11]), torch.tensor([1, 1, 19, 4])
    assert model.score(user, tweet).equal(expected[user, tweet])


@pytest.mark.parametrize("kind", [TweetPopularity, FolloweeRetweets, CoRetweets])
def test_users_and_tweets_are_matched_by_their_ids(kind: type[RankingCounter]) -> None:
    model = kind.of(NETWORK).fit(NETWORK)
    before = model.scores(torch.tensor(USERS))
    other, user, tweet = reorder(NETWORK)
    assert model.attach(other).scores(user)[:, tweet].equal(before)


def test_counters_that_are_not_fitted_raise_an_error() -> None:
    with pytest.raises(UsageError, match=r"CoRetweets was not trained yet: call fit\(train\) first"):
        CoRetweets.of(TRAIN).scores(torch.tensor([0]))


def test_tweets_without_times_have_no_recency() -> None:
    other, _, _ = reorder(NETWORK)
    del other["user", "posts", "tweet"].time
    with pytest.raises(UsageError, match="its tweets have no times"):
        TweetRecency.of(other).fit(other).scores(torch.tensor([0]))
