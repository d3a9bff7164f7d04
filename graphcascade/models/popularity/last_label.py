from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.data import PostStream
from graphcascade.data.posts.past_posts import last_values
from graphcascade.models.popularity.popularity_counter import PopularityCounter
from graphcascade.models.registry import MODELS

__all__ = ["LastLabel"]


@MODELS.register("LastLabel")
class LastLabel(PopularityCounter):
    """Predicts the last known label of the user's earlier posts.

    The last label of training counts where the stream has none of the user's training posts with their labels, such as
    a stream of later posts only.

    Args:
        num_users: Number of users.
        num_categories: Number of categories, of all levels.
    """

    last: Tensor
    """Last label of each user in training, ``[num_users]``; NaN for none."""

    def __init__(self, num_users: int, num_categories: int = 0) -> None:
        super().__init__(num_users, num_categories)
        self.register_buffer("last", torch.full((num_users,), torch.nan))

    def _fit(self, train: PostStream) -> None:
        super()._fit(train)
        user = train.user[train.targets]
        latest = torch.full((self.num_users,), -1).scatter_reduce(0, user, train.targets, "amax")
        self.last = torch.where(latest >= 0, train.y[latest.clamp(min=0)], torch.nan)

    def _rule(self, stream: PostStream, posts: Tensor, trained: Tensor) -> Tensor:
        if self.hides_users:
            return torch.full((posts.numel(),), torch.nan)
        row = self.match_users(stream)[stream.user]
        stored = torch.cat([self.last, torch.full((1,), torch.nan)])
        stored[row[trained & ~stream.known_y.isnan()]] = torch.nan  # the stream says which of them are earlier
        own = last_values(stream.user, stream.known_y)
        return torch.where(own.isnan(), stored[row], own)[posts]
