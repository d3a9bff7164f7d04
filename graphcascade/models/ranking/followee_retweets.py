from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.data.segments import expand_ranges, segment_ids
from graphcascade.models.ranking.ranking_counter import RankingCounter
from graphcascade.models.registry import MODELS

__all__ = ["FolloweeRetweets"]


@MODELS.register("FolloweeRetweets")
class FolloweeRetweets(RankingCounter):
    """Ranks tweets by the number of a user's followees who retweeted them in training.

    Args:
        num_users: Number of users.
        num_tweets: Number of tweets.
    """

    def scores(self, user: Tensor) -> Tensor:
        self.require_trained()
        link, ptr = expand_ranges(self.followee_ptr[user], self.followee_ptr[user + 1])
        row = self.user_rows[self.followees[link]]
        known = row < self.num_users
        weight = torch.zeros(self.num_users, user.numel())
        weight[row[known], segment_ids(ptr)[known]] = 1.0
        counts: Tensor = torch.sparse.mm(self.retweet_matrix().t(), weight)
        return self.to_network(counts.t())
