from __future__ import annotations

from torch import Tensor

from graphcascade.data import PostStream
from graphcascade.errors import UsageError
from graphcascade.models.popularity.fittable_popularity_model import FittablePopularityModel

__all__ = ["TrueMean"]


class TrueMean(FittablePopularityModel):
    """Predicts the labels of simulated posts by their true mean, which a model can hardly exceed.

    It is not registered, because it has nothing to save: the values are those of the stream.

    Args:
        num_users: Number of users.
        num_categories: Number of categories, of all levels.
    """

    def _fit(self, train: PostStream) -> None:
        self._true_mean(train)

    def _predict(self, stream: PostStream, posts: Tensor) -> Tensor:
        return self._true_mean(stream)[posts]

    @staticmethod
    def _true_mean(stream: PostStream) -> Tensor:
        true_mean: Tensor | None = stream["post"].get("true_mean")
        if true_mean is None:
            raise UsageError(f"{stream.name} has no expected labels; only simulated posts have them.")
        return true_mean
