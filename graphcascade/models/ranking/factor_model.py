from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, softplus

from graphcascade.errors import UsageError
from graphcascade.models.ranking.ranking_model import RankingModel
from graphcascade.nn import Pairs, pair_products, sort_ids

__all__ = ["FactorModel", "normal_table"]


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
    sparse_gradients: bool = False
    """Whether :meth:`look_up` gives tables sparse gradients, with the rows of a batch only."""

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
        user, order = sort_ids(user)
        tweet = torch.stack([each.index_select(0, order) for each in (positive, negative)], 1).view(-1)
        pairs, users, tweets = Pairs.from_ids(user.repeat_interleave(2), tweet)
        own, other = self.encode_users(users), self.encode_tweets(tweets)
        facets = [pair_products(vector, other, pairs).view(-1, 2) for vector in own.unbind(1)]
        total = self.preference_loss(*self.combine(facets, user.unsqueeze(1)).unbind(1)).sum()
        if self.regularization:
            triples, appearances = (ptr.diff().to(other.dtype) for ptr in (pairs.left_ptr, pairs.right_ptr))
            norms = triples @ own[:, 0].square().sum(1) / 2 + appearances @ other.square().sum(1)
            total = total + self.regularization * norms
        return total

    def score(self, user: Tensor, tweet: Tensor) -> Tensor:
        self.require_attached()
        user, order = sort_ids(user)
        pairs, users, tweets = Pairs.from_ids(user, tweet[order])
        encoded_tweets = self.encode_tweets(tweets)
        facets = [pair_products(vector, encoded_tweets, pairs) for vector in self.encode_users(users).unbind(1)]
        score = self.combine(facets, user)
        return torch.empty_like(score).index_copy(0, order, score)

    def scores(self, user: Tensor) -> Tensor:
        return self.score_all(user, self._encode_all_tweets(user.device))

    def iterate_scores(self, user: Tensor) -> Iterator[tuple[slice, Tensor]]:
        encoded_tweet = self._encode_all_tweets(user.device)
        for rows in self.score_portions(user.numel()):
            yield rows, self.score_all(user[rows], encoded_tweet)

    def _encode_all_tweets(self, device: torch.device) -> Tensor:
        return self.encode_tweets(torch.arange(self.require_attached().num_tweets, device=device))

    def score_all(self, user: Tensor, encoded_tweet: Tensor) -> Tensor:
        """Scores encoded tweets, ``[N, dim]``, for users, ``[B]`` int64; returns ``[B, N]``."""
        vectors = self.encode_users(user).transpose(0, 1)  # one product for all facets is faster than one for each
        return self.combine(torch.matmul(vectors, encoded_tweet.t()).unbind(0), user.unsqueeze(1))

    def encoder_parameters(self) -> list[nn.Parameter]:
        """Returns the weights of encoders of images and texts that are trained with the model."""
        return []

    def look_up(self, table: Tensor, row: Tensor) -> Tensor:
        """Returns rows of a table, ``[B, dim]``; zeros for rows beyond its end, which stand for what is new."""
        known = row < table.size(0)
        if bool(known.all()):
            return embedding(row, table, sparse=self.sparse_gradients)
        return embedding(row.clamp(max=table.size(0) - 1), table) * known.unsqueeze(-1)

    def check_dim(self, dim: int, std: float) -> None:
        """Raises an error unless ``dim`` is at least 1 and ``std`` is a finite number above 0."""
        if dim < 1:
            raise UsageError(argument="dim", value=dim, reason="must be at least 1")
        if not (math.isfinite(std) and std > 0):
            raise UsageError(argument="std", value=std, reason="must be a finite number above 0")


def normal_table(count: int, dim: int, std: float) -> nn.Parameter:
    """Returns a table of vectors, ``[count, dim]``, drawn from a normal distribution."""
    return nn.Parameter(torch.randn(count, dim) * std)
