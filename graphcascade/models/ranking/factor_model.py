from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, softplus

from graphcascade.errors import UsageError
from graphcascade.models.ranking.ranking_model import RankingModel

__all__ = ["FactorModel", "look_up"]


class FactorModel(RankingModel):
    r"""Base class of ranking models that are trained on preference triples and score by products of vectors.

    A user has one or several vectors, and a tweet has one; their dot products are the *facets* of a score, which
    :meth:`combine` makes from them. In a batch, each user and each tweet is encoded once.

    By default the loss of a triple is that of Bayesian personalized ranking (BPR), :math:`-\log \sigma(s_+ - s_-)`.

    Args:
        num_users: Number of users.
        num_tweets: Number of tweets.
        regularization: Weight of the squared norms of the three vectors of a triple in its loss.

    Raises:
        UsageError: A number is out of range.
    """

    oversampling: int = 1
    """Candidates that are drawn for each negative, see :meth:`choose_negatives`."""

    def __init__(self, num_users: int, num_tweets: int, regularization: float = 0.0) -> None:
        super().__init__(num_users, num_tweets)
        if not (math.isfinite(regularization) and regularization >= 0):
            raise UsageError(
                argument="regularization", value=regularization, reason="must be a finite number, 0 or more"
            )
        self.regularization = regularization

    def choose_negatives(self, user: Tensor, candidates: Tensor) -> Tensor:
        """Chooses the negatives of a step of the training.

        Models whose :attr:`oversampling` is above 1 have a choice, and may choose those that are hard to tell.

        Args:
            user: Users, ``[E]`` int64.
            candidates: Tweets that they did not retweet, ``[E, oversampling]``.

        Returns:
            A tweet for each user, ``[E]``.
        """
        return candidates[:, 0]

    @abstractmethod
    def encode_users(self, user: Tensor) -> Tensor:
        """Returns the vectors of different users, ``[B]`` int64, as ``[B, facets, dim]``."""

    @abstractmethod
    def encode_tweets(self, tweet: Tensor) -> Tensor:
        """Returns the vectors of different tweets, ``[N]`` int64, as ``[N, dim]``."""

    def combine(self, facets: Sequence[Tensor], user: Tensor) -> Tensor:
        """Makes scores from facets.

        Args:
            facets: The dot products of each facet, ``[E]`` or ``[B, T]``.
            user: The users, ``[E]`` or ``[B, 1]`` int64.
        """
        return facets[0]

    def preference_loss(self, positive: Tensor, negative: Tensor) -> Tensor:
        """Returns the loss of each triple, ``[E]``, from the scores of both tweets, ``[E]`` each."""
        return softplus(negative - positive)

    def loss(self, user: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Returns the summed loss of preference triples.

        Args:
            user: Users, ``[E]`` int64.
            positive: Tweets that they retweeted, ``[E]``.
            negative: Tweets that they did not retweet, ``[E]``.
        """
        users, user_number = torch.unique(user, return_inverse=True)
        tweets, tweet_number = torch.unique(torch.cat([positive, negative]), return_inverse=True)
        encoded_user, encoded_tweet = self.encode_users(users), self.encode_tweets(tweets)
        own = encoded_user.index_select(0, user_number)
        first, second = (encoded_tweet.index_select(0, number) for number in tweet_number.chunk(2))
        scores = [self.combine(_products(own, other), user) for other in (first, second)]
        total = self.preference_loss(*scores).sum()
        if self.regularization:
            norms = own[:, 0].square().sum() + first.square().sum() + second.square().sum()
            total = total + self.regularization * norms
        return total

    def score(self, user: Tensor, tweet: Tensor) -> Tensor:
        self.require_attached()
        users, user_number = torch.unique(user, return_inverse=True)
        tweets, tweet_number = torch.unique(tweet, return_inverse=True)
        own = self.encode_users(users).index_select(0, user_number)
        return self.combine(_products(own, self.encode_tweets(tweets).index_select(0, tweet_number)), user)

    def scores(self, user: Tensor) -> Tensor:
        tweet = torch.arange(self.require_attached().num_tweets, device=user.device)
        return self.score_all(user, self.encode_tweets(tweet))

    def score_all(self, user: Tensor, encoded_tweet: Tensor) -> Tensor:
        """Scores encoded tweets, ``[N, dim]``, for users, ``[B]`` int64; returns ``[B, N]``."""
        vectors = self.encode_users(user)
        return self.combine([vector @ encoded_tweet.t() for vector in vectors.unbind(1)], user.unsqueeze(1))

    def check_dim(self, dim: int, std: float) -> None:
        """Raises an error unless ``dim`` is at least 1 and ``std`` is a finite number above 0."""
        if dim < 1:
            raise UsageError(argument="dim", value=dim, reason="must be at least 1")
        if not (math.isfinite(std) and std > 0):
            raise UsageError(argument="std", value=std, reason="must be a finite number above 0")


def look_up(table: Tensor, row: Tensor) -> Tensor:
    """Returns rows of a table, ``[..., dim]``; zeros for rows beyond its end, which stand for what is new."""
    known = row < table.size(0)
    if bool(known.all()):
        return embedding(row, table)
    return embedding(row.clamp(max=table.size(0) - 1), table) * known.unsqueeze(-1)


def normal_table(count: int, dim: int, std: float) -> nn.Parameter:
    """Returns a table of vectors, ``[count, dim]``, drawn from a normal distribution."""
    return nn.Parameter(torch.randn(count, dim) * std)


def _products(own: Tensor, other: Tensor) -> Sequence[Tensor]:
    """Dot products of each facet ``[E, facets, dim]`` with vectors ``[E, dim]``."""
    return (own * other.unsqueeze(1)).sum(2).unbind(1)
