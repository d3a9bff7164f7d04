from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from graphcascade.data import PostStream
from graphcascade.data.posts.require_stream import require_stream
from graphcascade.errors import DataError, UsageError
from graphcascade.models.popularity.popularity_model import PopularityModel

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["FittablePopularityModel"]


class FittablePopularityModel(PopularityModel):
    """Base class of models of popularity that :meth:`fit` trains at once, without epochs and without a trainer."""

    @torch.no_grad()
    def fit(self, train: PostStream) -> Self:
        """Trains the model; an earlier training is forgotten.

        Args:
            train: The training part of a split, or a whole stream.

        Returns:
            The model itself.

        Raises:
            UsageError: This is the validation or test part of a split, or does not fit the model.
            DataError: No post has a label.
        """
        require_stream(train, "train")
        if train.split is not None and train.split.part != "train":
            raise UsageError(f"{train.name}: this is the {train.split.part} part of a split; train on the train part.")
        for noun, own, other in (
            ("users", self.num_users, train.num_users),
            ("categories", self.num_categories, train.num_categories),
        ):
            if own != other and not (noun == "categories" and own == 0):
                raise UsageError(f"the model has {own:,} {noun}, the stream {train.name} has {other:,}.")
        if train.targets.numel() == 0:
            raise DataError(f"{train.name}: no post has a label, so there is nothing to learn.")
        self.remember(train)
        self._fit(train)
        return self

    @abstractmethod
    def _fit(self, train: PostStream) -> None:
        """Trains the model on a stream that fits it, and that it remembers already."""

    @torch.no_grad()
    def predict(self, stream: PostStream, posts: Tensor) -> Tensor:
        self.require_trained()
        require_stream(stream, "stream")
        if posts.numel() and not 0 <= int(posts.min()) <= int(posts.max()) < stream.num_posts:
            raise UsageError(
                argument="posts",
                value=f"{int(posts.min())} to {int(posts.max())}",
                reason=f"{stream.name} has the posts 0 to {stream.num_posts - 1}",
            )
        return self._predict(stream, posts)

    @abstractmethod
    def _predict(self, stream: PostStream, posts: Tensor) -> Tensor:
        """Predicts the labels of posts of a stream, ``[M]`` float32."""

    def require_trained(self) -> None:
        if self.user_ids is None:
            raise UsageError(f"{type(self).__name__} was not trained yet: call fit(train) first.")
