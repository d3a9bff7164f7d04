from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.models.ranking.ranking_counter import RankingCounter
from graphcascade.models.registry import MODELS

__all__ = ["CoRetweets"]


@MODELS.register("CoRetweets")
class CoRetweets(RankingCounter):
    """Ranks tweets by the users who retweeted them, each weighed by the number of tweets that both users retweeted.

    Args:
        num_users: Number of users.
        num_tweets: Number of tweets.
    """

    def scores(self, user: Tensor) -> Tensor:
        self.require_trained()
        retweets = self.retweet_matrix()
        row = self.user_rows[user]
        known = (row < self.num_users).nonzero().view(-1)
        chosen = torch.zeros(self.num_users, user.numel())
        chosen[row[known], known] = 1.0
        own = torch.sparse.mm(retweets.t(), chosen)  # [num_tweets, B]
        overlap = torch.sparse.mm(retweets, own) * (1 - chosen)  # [num_users, B], without the user
        counts: Tensor = torch.sparse.mm(retweets.t(), overlap)
        return self.to_network(counts.t())
