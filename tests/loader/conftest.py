from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from graphcascade.data import RetweetNetwork


@pytest.fixture
def random_network() -> Callable[..., RetweetNetwork]:
    """Returns a function that draws a network without structure; the first three users follow nobody."""

    def make(users: int = 25, tweets: int = 40, seed: int = 0, **changes: Any) -> RetweetNetwork:
        generator = torch.Generator().manual_seed(seed)
        follow = torch.rand(users, users, generator=generator) < 0.12
        follow.fill_diagonal_(False)
        follow[:3] = False
        retweets = (torch.rand(users, tweets, generator=generator) < 0.2).nonzero().t()
        fields: dict[str, Any] = {
            "follows": follow.nonzero().t().contiguous(),
            "posts": torch.stack([torch.randint(users, (tweets,), generator=generator), torch.arange(tweets)]),
            "retweets": retweets.contiguous(),
            "num_users": users,
            "num_tweets": tweets,
            "retweet_time": torch.rand(retweets.size(1), generator=generator, dtype=torch.float64),
        }
        return RetweetNetwork(**{**fields, **changes})

    return make


def pairs(edge_index: torch.Tensor) -> set[tuple[int, int]]:
    return set(map(tuple, edge_index.t().tolist()))


@pytest.fixture
def allowed() -> Callable[[RetweetNetwork, str], list[set[int]]]:
    """Returns a function that lists in plain loops the negatives of each user, and the tweets that reached the user."""

    def make(network: RetweetNetwork, candidates: str) -> list[set[int]]:
        passed = pairs(network.posts) | pairs(network.retweets)
        result = []
        for user in range(network.num_users):
            followees = {q for p, q in pairs(network.follows) if p == user}
            reached = {tweet for q, tweet in passed if q in followees}
            pool = set(range(network.num_tweets)) if candidates == "uniform" else reached
            result.append(pool - {tweet for p, tweet in passed if p == user})
        return result

    return make
