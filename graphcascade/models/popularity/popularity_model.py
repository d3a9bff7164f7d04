from __future__ import annotations

import inspect
import logging
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from graphcascade.data import PostStream
from graphcascade.data.posts.post_splits import hash_posts
from graphcascade.data.posts.require_stream import require_stream
from graphcascade.errors import UsageError
from graphcascade.models.calibrated_model import CalibratedModel
from graphcascade.models.model import TrainingData

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["PopularityModel", "fill_from_parents", "stream_sizes"]

logger = logging.getLogger(__name__)


class PopularityModel(CalibratedModel):
    """Base class of models that predict the popularity of posts, as the label ``y`` of a stream of posts.

    A model has rows for the users and categories of its training, which are found by their ids in other streams. New
    users, and those who only occur in validation or test, share the row ``num_users``. A category without training
    posts, in it or below it, has the row of its nearest ancestor with training posts, and so has a new category. If
    posts do not train the vectors of all categories above them, the nearest ancestor with a trained vector counts.

    Args:
        num_users: Number of users.
        num_categories: Number of categories, of all levels.

    Raises:
        UsageError: A number is out of range.
    """

    category_keys: Tensor
    """Hashes of the ids of the training categories, ``[num_categories]`` int64; zeros before training."""
    category_seen: Tensor
    """Categories whose vectors were trained, ``[num_categories]`` bool; see :meth:`find_trained_categories`."""

    hides_users: bool = False
    """Whether all users count as new to the model, as an evaluation "without Uid" asks."""

    def __init__(self, num_users: int, num_categories: int = 0) -> None:
        super().__init__()
        for name, value, least in (("num_users", num_users, 1), ("num_categories", num_categories, 0)):
            if value < least:
                raise UsageError(argument=name, value=value, reason=f"must be at least {least}")
        self.num_categories = num_categories
        self.register_buffer("seen", torch.zeros(num_users, dtype=torch.bool))
        self.register_buffer("category_keys", torch.zeros(num_categories, dtype=torch.long))
        self.register_buffer("category_seen", torch.zeros(num_categories, dtype=torch.bool))

    @classmethod
    def of(cls, stream: PostStream, **arguments: Any) -> Self:
        """Constructs a model with the sizes of a stream of posts.

        Args:
            stream: The stream, or a part of it.
            arguments: Further arguments of the class.

        Raises:
            UsageError: ``stream`` is no stream of posts; an argument is unknown or out of range.
        """
        sizes = stream_sizes(require_stream(stream, "stream"))
        known = inspect.signature(cls).parameters
        return cls(**{**{name: size for name, size in sizes.items() if name in known}, **arguments})

    @abstractmethod
    def predict(self, stream: PostStream, posts: Tensor) -> Tensor:
        """Predicts the labels of posts.

        Args:
            stream: The posts. Their users and categories are matched by their ids.
            posts: Numbers of the posts to predict, ``[M]`` int64, in any order, with or without known labels.

        Returns:
            ``[M]`` float32.

        Raises:
            UsageError: A post is not in the stream; the stream lacks features that the model uses.
        """

    def remember(self, train: TrainingData, *, continued: bool = False) -> None:
        super().remember(train, continued=continued)
        if isinstance(train, PostStream) and self.num_categories:
            self.category_keys = torch.from_numpy(_hash(train.category_ids)).to(self.seen.device)
            seen = self.find_trained_categories(train).to(self.seen.device)
            self.category_seen = seen | self.category_seen if continued else seen

    def find_trained_categories(self, train: PostStream) -> Tensor:
        """Returns which categories have targets of a stream in them or below them, ``[C]`` bool.

        A subclass in which posts do not train the vectors of all categories above them leaves out the others.

        Args:
            train: The training posts.
        """
        category = train.category[train.targets]
        seen = torch.zeros(train.num_categories + 1, dtype=torch.bool)
        seen[train.ancestors[category[category >= 0]]] = True  # -1, below the post's own category, is the last place
        return seen[:-1]

    def has_categories_of(self, stream: PostStream) -> bool:
        """Returns whether the categories of a stream are those of the training, in the same order."""
        return np.array_equal(_hash(stream.category_ids), self.category_keys.cpu().numpy())

    def match_users(self, stream: PostStream) -> Tensor:
        """Returns the row of each user of a stream, ``[U]`` int64; ``num_users`` for users who are new to the model,
        or for all if the model :attr:`hides_users`.

        Raises:
            UsageError: The model was not trained, and the stream has another number of users.
        """
        if self.hides_users:
            return torch.full((stream.num_users,), self.num_users)
        if self.user_ids is None:
            self._require_size("users", self.num_users, stream.num_users)
            return torch.arange(self.num_users)
        row = torch.from_numpy(pd.Index(self.user_ids).get_indexer(pd.Index(stream.user_ids)).astype(np.int64))
        unknown = (row < 0) | ~self.seen.cpu()[row.clamp(min=0)]
        return row.masked_fill(unknown, self.num_users)

    def match_categories(self, stream: PostStream, posts: Tensor) -> Tensor:
        """Returns the row of each category of a stream, ``[C]`` int64.

        A category whose vector was not trained, such as a new one, has the row of its nearest ancestor with a trained
        vector; -1, as posts without a category, if there is none. A warning counts the posts in new categories, or says
        that the stream has no categories.

        Args:
            stream: The stream.
            posts: Posts to predict, ``[M]``, which the warning counts; their windows may have others in new categories.

        Raises:
            UsageError: The model was not trained, and the stream has another number of categories.
        """
        if self.user_ids is None:
            self._require_size("categories", self.num_categories, stream.num_categories)
            return torch.arange(self.num_categories)
        if self.num_categories and not stream.num_categories:
            logger.warning(
                "%s: %s uses categories; these posts have none. Name their columns when the posts are read "
                "(--categories).",
                stream.name,
                type(self).__name__,
            )
        keys = pd.Index(self.category_keys.cpu().numpy())
        row = torch.from_numpy(keys.get_indexer(pd.Index(_hash(stream.category_ids))).astype(np.int64))
        parent = stream.parent
        new = row < 0
        lost = fill_from_parents(row, parent, stream.depth) < 0
        seen = ~new & self.category_seen.cpu()[row.clamp(min=0)]
        row = fill_from_parents(row.masked_fill(~seen, -1), parent, stream.depth)
        category = stream.category[posts]
        category = category[category >= 0]
        for found, text in (
            (new & ~lost, "; their nearest known parent is used."),
            (lost, ", as are all above them; they are predicted as posts without a category."),
        ):
            count = int(found[category].sum())
            if count:
                logger.warning(
                    "%s: %s of %s posts are in categories that are new to the model%s",
                    stream.name,
                    f"{count:,}",
                    f"{posts.numel():,}",
                    text,
                )
        return row

    def is_trained_on(self, stream: PostStream) -> Tensor:
        """Returns which posts of a stream the model was trained on, ``[num_posts]`` bool."""
        if self.training_fingerprints is None:
            return torch.zeros(stream.num_posts, dtype=torch.bool)
        hashed = hash_posts(stream, torch.arange(stream.num_posts))
        return torch.isin(hashed, self.training_fingerprints.cpu())

    def calibrate(self, val: PostStream) -> None:
        """Sets the intervals of predictions from the targets of the validation part; see :meth:`set_residuals`.

        Args:
            val: The validation part of a split, or the posts of it that had no part in the choice of the model.
        """
        self.set_residuals(val.target_y - self.predict(val, val.targets).cpu())

    def _require_size(self, noun: str, own: int, other: int) -> None:
        if own != other:
            raise UsageError(f"the model has {own:,} {noun}, the stream has {other:,}.")

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self.config.items())


def stream_sizes(stream: PostStream) -> dict[str, Any]:
    """Returns the sizes of a stream and the names of its numbers, by the arguments of models that use them."""
    features = {name: stream["post"].get(f"x_{name}") for name in ("image", "text")}
    return {
        "num_users": stream.num_users,
        "num_categories": stream.num_categories,
        "depth": stream.depth,
        "number_names": list(stream.number_names),
        "crawl_time_names": list(stream.crawl_time_names),
        **{f"{name}_dim": 0 if x is None else x.size(1) for name, x in features.items()},
    }


def fill_from_parents(row: Tensor, parent: Tensor, depth: int) -> Tensor:
    """Returns the rows of categories ``[C]``, those of their nearest ancestors with a row where it is -1."""
    for _ in range(depth):
        row = torch.where((row < 0) & (parent >= 0), row[parent.clamp(min=0)], row)
    return row


def _hash(ids: Any) -> np.ndarray[Any, np.dtype[np.int64]]:
    hashed: np.ndarray[Any, np.dtype[np.int64]] = pd.util.hash_array(ids, categorize=False).view("int64")
    return hashed
