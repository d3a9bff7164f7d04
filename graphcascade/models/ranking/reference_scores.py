from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor

from graphcascade.models.ranking.ranking_counter import RankingCounter

__all__ = ["ReferenceScores"]


class ReferenceScores(RankingCounter):
    """Base class of rankings that models are compared with, and that have nothing to save: they are not registered.

    Args:
        num_users: Number of users.
        num_tweets: Number of tweets.
    """

    @abstractmethod
    def score(self, user: Tensor, tweet: Tensor) -> Tensor: ...

    def scores(self, user: Tensor) -> Tensor:
        count = self.require_attached().num_tweets
        tweet = torch.arange(count).repeat(user.numel())
        return self.score(user.repeat_interleave(count), tweet).view(-1, count)
