from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.models.ranking.ranking_counter import RankingCounter
from graphcascade.models.registry import MODELS

__all__ = ["TweetPopularity"]


@MODELS.register("TweetPopularity")
class TweetPopularity(RankingCounter):
    """Ranks tweets by the number of their training retweets, the same for all users.

    Args:
        num_users: Number of users.
        num_tweets: Number of tweets.
    """

    def scores(self, user: Tensor) -> Tensor:
        self.require_trained()
        counts = torch.bincount(self.retweets[1], minlength=self.num_tweets).float()
        return self.to_network(counts.unsqueeze(0)).expand(user.numel(), -1)
