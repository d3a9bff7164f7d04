from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor

from graphcascade.data import PostStream
from graphcascade.models.popularity.fittable_popularity_model import FittablePopularityModel
from graphcascade.nn.past_labels import PastLabels

__all__ = ["PopularityCounter"]


class PopularityCounter(FittablePopularityModel):
    """Base class of floors: predictions from labels of earlier posts, without learning.

    Known labels are those of training, and those that the stream knows of posts before the predicted one. Where a rule
    has no label, the prediction is the mean of all known labels before.

    Args:
        num_users: Number of users.
        num_categories: Number of categories, of all levels.
    """

    def __init__(self, num_users: int, num_categories: int = 0) -> None:
        super().__init__(num_users, num_categories)
        self.overall = PastLabels(1)

    def _fit(self, train: PostStream) -> None:
        self.overall.set_labels(torch.zeros_like(train.targets), train.target_y)

    def _predict(self, stream: PostStream, posts: Tensor) -> Tensor:
        trained = self.is_trained_on(stream)
        everything = torch.zeros_like(stream.user)
        total, count = self.overall(everything, everything, stream.known_y, trained)
        first = self.overall.total / self.overall.count  # for posts before all others
        mean = torch.where(count > 0, total / count, first)[posts]
        own = self._rule(stream, posts, trained)
        return torch.where(own.isnan(), mean, own.double()).float()

    @abstractmethod
    def _rule(self, stream: PostStream, posts: Tensor, trained: Tensor) -> Tensor:
        """Predicts the labels of posts from those of a group.

        Args:
            stream: The stream.
            posts: Posts to predict, ``[M]``.
            trained: Whether the model was trained on each post of the stream, ``[num_posts]`` bool.

        Returns:
            ``[M]``; NaN if no label of the group is known.
        """
