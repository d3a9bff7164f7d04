"""Small networks of retweets, and what every trained ranking model must do."""

from __future__ import annotations

import numpy as np
import torch

from graphcascade.data import RetweetNetwork
from graphcascade.models.ranking import FactorModel

NO_FOLLOWEES = 3  # the user who follows nobody


def random_network(users: int = 12, tweets: int = 20, seed: int = 0, features: bool = True) -> RetweetNetwork:
    """Draws a network in which one user has no followees."""
    generator = torch.Generator().manual_seed(seed)
    follow = torch.rand(users, users, generator=generator) < 0.3
    follow.fill_diagonal_(False)
    follow[NO_FOLLOWEES] = False
    retweets = torch.rand(users, tweets, generator=generator) < 0.3
    return RetweetNetwork(
        follows=follow.nonzero().t().contiguous(),
        posts=torch.stack([torch.randint(users, (tweets,), generator=generator), torch.arange(tweets)]),
        retweets=retweets.nonzero().t().contiguous(),
        num_users=users,
        num_tweets=tweets,
        post_time=torch.randperm(tweets, generator=generator).double() / tweets - 1,
        retweet_time=torch.rand(int(retweets.sum()), generator=generator, dtype=torch.float64),
        user_ids=np.array([f"user {number}" for number in range(users)], dtype=object),
        tweet_ids=np.array([f"tweet {number}" for number in range(tweets)], dtype=object),
        x_image=torch.randn(tweets, 5, generator=generator) if features else None,
        x_text=torch.randn(tweets, 4, generator=generator) if features else None,
    )


def reorder(network: RetweetNetwork, seed: int = 1) -> tuple[RetweetNetwork, torch.Tensor, torch.Tensor]:
    """Returns the same network with other numbers of users and tweets, and the new numbers of both."""
    generator = torch.Generator().manual_seed(seed)
    user = torch.randperm(network.num_users, generator=generator)
    tweet = torch.randperm(network.num_tweets, generator=generator)
    pair = (user, tweet)
    stores = {name: network["tweet"][name][torch.argsort(tweet)] for name in ("x_image", "x_text")}
    other = RetweetNetwork(
        follows=user[network.follows],
        posts=torch.stack([new[old] for new, old in zip(pair, network.posts, strict=True)]),
        retweets=torch.stack([new[old] for new, old in zip(pair, network.retweets, strict=True)]),
        num_users=network.num_users,
        num_tweets=network.num_tweets,
        user_ids=network.user_ids[torch.argsort(user).numpy()],
        tweet_ids=network.tweet_ids[torch.argsort(tweet).numpy()],
        post_time=network.post_time,
        **stores,
    )
    return other, user, tweet


def assert_pairs_and_all_scores_agree(model: FactorModel) -> None:
    """Scores of pairs, one at a time, together and against all tweets, are the same."""
    network = model.require_attached()
    user, tweet = torch.arange(network.num_users), torch.arange(network.num_tweets)
    pairs = torch.cartesian_prod(user, tweet).t()
    together = model.score(*pairs)
    alone = torch.cat([model.score(pairs[0, row : row + 1], pairs[1, row : row + 1]) for row in range(pairs.size(1))])
    torch.testing.assert_close(together, alone)
    torch.testing.assert_close(together.view(user.numel(), -1), model.scores(user))
    order = torch.randperm(pairs.size(1))
    torch.testing.assert_close(model.score(*pairs[:, order]), together[order])


def assert_overfits(model: FactorModel, rate: float = 0.1, steps: int = 200) -> None:
    """Training on a few triples puts the retweeted tweet first in all of them."""
    user, positive = model.require_attached().supervised[:, :12]
    negative = (positive + 7) % model.num_tweets
    known = set(zip(*model.require_attached().supervised.tolist(), strict=True))
    keep = torch.tensor([pair not in known for pair in zip(user.tolist(), negative.tolist(), strict=True)])
    triples = user[keep], positive[keep], negative[keep]
    optimizer = torch.optim.Adagrad(model.parameters(), lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        model.loss(*triples).backward()
        optimizer.step()
    assert bool((model.score(triples[0], triples[1]) > model.score(triples[0], triples[2])).all())
