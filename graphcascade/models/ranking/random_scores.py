from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.models.ranking.ranking_counter import RankingCounter

__all__ = ["RandomScores"]


class RandomScores(RankingCounter):
    """Ranks tweets at random, always in the same way: what any model should exceed.

    It is not registered, because it has no parameters to save.

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
        mixed = (user * 2_654_435_761 + tweet * 40_503 + 12_345) % 4_294_967_291  # a number for each pair
        mixed = (mixed * 48_271 + (mixed >> 16) * 69_621) % 2_147_483_647
        return mixed.float() / 2_147_483_647
