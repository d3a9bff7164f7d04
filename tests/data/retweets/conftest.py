from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from graphcascade.data import RawRetweets, RetweetNetwork


def strings(*values: str) -> np.ndarray:
    return np.array(values, dtype=object)


@pytest.fixture
def make_raw() -> Callable[..., RawRetweets]:
    """Returns a function that makes the tables of three users and three tweets.

    ann follows bob and cid; bob posts a picture of a dog and one of a cat, and ann posts a tree.
    """

    def make(**changes: Any) -> RawRetweets:
        fields: dict[str, Any] = {
            "user": strings("ann", "bob", "cid"),
            "follower": strings("ann", "ann"),
            "followee": strings("bob", "cid"),
            "tweet": strings("dog", "cat", "tree"),
            "author": strings("bob", "bob", "ann"),
            "post_time": np.array([1.0, 2.0, 3.0]),
            "retweeter": strings("ann", "cid", "cid", "ann"),
            "retweeted": strings("dog", "tree", "cat", "cat"),
            "retweet_time": np.array([9.0, 4.0, 3.0, 5.0]),
        }
        return RawRetweets(**{**fields, **changes})

    return make


@pytest.fixture
def random_network() -> Callable[..., RetweetNetwork]:
    """Returns a function that draws a network without structure."""

    def make(users: int = 20, tweets: int = 30, seed: int = 0, **changes: Any) -> RetweetNetwork:
        generator = torch.Generator().manual_seed(seed)
        follow = torch.rand(users, users, generator=generator) < 0.15
        follow.fill_diagonal_(False)
        retweets = (torch.rand(users, tweets, generator=generator) < 0.2).nonzero().t()
        author = torch.randint(users, (tweets,), generator=generator)
        fields: dict[str, Any] = {
            "follows": follow.nonzero().t().contiguous(),
            "posts": torch.stack([author, torch.arange(tweets)]),
            "retweets": retweets.contiguous(),
            "num_users": users,
            "num_tweets": tweets,
            "post_time": torch.zeros(tweets, dtype=torch.float64),
            "retweet_time": torch.rand(retweets.size(1), generator=generator, dtype=torch.float64),
        }
        return RetweetNetwork(**{**fields, **changes})

    return make
