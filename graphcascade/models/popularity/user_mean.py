from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.data import PostStream
from graphcascade.models.popularity.popularity_counter import PopularityCounter
from graphcascade.models.registry import MODELS
from graphcascade.nn.past_labels import PastLabels

__all__ = ["UserMean"]


@MODELS.register("UserMean")
class UserMean(PopularityCounter):
    """Predicts the mean of the known labels of the user's earlier posts.

    Args:
        num_users: Number of users.
        num_categories: Number of categories, of all levels.
    """

    def __init__(self, num_users: int, num_categories: int = 0) -> None:
        super().__init__(num_users, num_categories)
        self.by_user = PastLabels(num_users)

    def _fit(self, train: PostStream) -> None:
        super()._fit(train)
        self.by_user.set_labels(train.user[train.targets], train.target_y)

    def _rule(self, stream: PostStream, posts: Tensor, trained: Tensor) -> Tensor:
        group = torch.full_like(stream.user, -1) if self.hides_users else stream.user
        total, count = self.by_user(self.match_users(stream)[stream.user], group, stream.known_y, trained)
        mean: Tensor = total / count
        return mean[posts]
