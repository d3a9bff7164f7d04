from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.data import PostStream
from graphcascade.models.popularity.category_groups import category_groups
from graphcascade.models.popularity.popularity_counter import PopularityCounter
from graphcascade.models.registry import MODELS
from graphcascade.nn.past_labels import PastLabels

__all__ = ["CategoryMean"]


@MODELS.register("CategoryMean")
class CategoryMean(PopularityCounter):
    """Predicts the mean of the known labels of earlier posts of the category.

    The category is the finest one of the post; without a known label there, it is the finest ancestor that has one.

    Args:
        num_users: Number of users.
        num_categories: Number of categories, of all levels.
    """

    def __init__(self, num_users: int, num_categories: int = 0) -> None:
        super().__init__(num_users, num_categories)
        self.by_category = PastLabels(num_categories)

    def _fit(self, train: PostStream) -> None:
        super()._fit(train)
        row, _ = category_groups(self, train, train.targets)
        self.by_category.set_labels(row[train.targets].T.reshape(-1), train.target_y.repeat(train.depth))

    def _rule(self, stream: PostStream, posts: Tensor, trained: Tensor) -> Tensor:
        result = torch.full((posts.numel(),), torch.nan, dtype=torch.float64)
        rows, groups = category_groups(self, stream, posts)
        for row, group in zip(rows.unbind(1), groups.unbind(1), strict=True):
            total, count = self.by_category(row, group, stream.known_y, trained)
            finer = (total / count)[posts]
            result = torch.where(finer.isnan(), result, finer)
        return result
