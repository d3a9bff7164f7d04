from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.models.ranking.ranking_counter import RankingCounter
from graphcascade.simulate import true_scores

__all__ = ["TrueScores"]


class TrueScores(RankingCounter):
    """Ranks tweets of a simulated network by the scores that its users chose by: no model is better on average.

    It is not registered, because it cannot be saved: the scores are those of the attached network, see
    :func:`~graphcascade.simulate.true_scores`.

    Args:
        num_users: Number of users.
        num_tweets: Number of tweets.
    """

    def scores(self, user: Tensor) -> Tensor:
        count = self.require_attached().num_tweets
        tweet = torch.arange(count).repeat(user.numel())
        return self.score(user.repeat_interleave(count), tweet).view(-1, count)

    def score(self, user: Tensor, tweet: Tensor) -> Tensor:
        self.require_trained()
        return true_scores(self.require_attached(), user, tweet)
