from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.data import PostStream
from graphcascade.models.popularity.popularity_counter import PopularityCounter
from graphcascade.models.registry import MODELS

__all__ = ["MeanLabel"]


@MODELS.register("MeanLabel")
class MeanLabel(PopularityCounter):
    """Predicts the mean of all known labels, which any model should exceed.

    Args:
        num_users: Number of users.
        num_categories: Number of categories, of all levels.
    """

    def _rule(self, stream: PostStream, posts: Tensor, trained: Tensor) -> Tensor:
        return torch.full((posts.numel(),), torch.nan)
