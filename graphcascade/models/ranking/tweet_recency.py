from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.errors import UsageError
from graphcascade.models.ranking.ranking_counter import RankingCounter
from graphcascade.models.registry import MODELS

__all__ = ["TweetRecency"]


@MODELS.register("TweetRecency")
class TweetRecency(RankingCounter):
    """Ranks tweets by the time of their post, the newest first, the same for all users.

    Scores are positions in the order of the posts; tweets without a time are last.

    Args:
        num_users: Number of users.
        num_tweets: Number of tweets.
    """

    def scores(self, user: Tensor) -> Tensor:
        self.require_trained()
        network = self.require_attached()
        if network.post_time is None:
            raise UsageError(f"{network.name}: its tweets have no times, so they cannot be ranked by them.")
        _, position = torch.unique(network.post_time, return_inverse=True)
        score: Tensor = position.float().expand(user.numel(), -1)
        return score
