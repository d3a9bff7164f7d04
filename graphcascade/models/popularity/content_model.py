from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding

from graphcascade.errors import UsageError
from graphcascade.loader import PostBatch
from graphcascade.models.popularity.window_model import WindowModel
from graphcascade.nn import CategoryEncoder

__all__ = ["ContentModel"]

CATEGORY_DIM = 32  # of the vector of a category at one level


class ContentModel(WindowModel):
    """Base class of baselines whose inputs are features of single posts: image, text, category and user.

    All baselines have the inputs of :class:`~graphcascade.models.DSN`: standardised features of image and text, trained
    vectors of the categories of all levels, one beside the other, and the features of the user.

    Args:
        num_users: Number of users.
        num_categories: Number of categories, of all levels.
        depth: Number of levels of the categories.
        image_dim: Size of the features of images; 0 if there are none.
        text_dim: Size of the features of texts; 0 if there are none.
        number_names: Names of the further numbers of the posts.
        crawl_time_names: Those of them that are known only when the data were crawled.
        length: Posts in a window.
        image: Whether to use images, if there are features of them.
        text: Whether to use texts, if there are features of them.
        category: Whether to use categories, if there are any.
        user: Whether to use the user's vector, the numbers and the date of the post.
        hidden_dim: Size of the hidden layers.
        dropout: Dropout of the hidden layers.
        uid_dim: Size of the vectors of users; 0 leaves them out.
        crawl_time: Whether to use the numbers that are known only when the data were crawled.

    Raises:
        UsageError: A number is out of range; no input is left.
    """

    def __init__(
        self,
        num_users: int,
        num_categories: int = 0,
        depth: int = 0,
        image_dim: int = 0,
        text_dim: int = 0,
        number_names: Sequence[str] = (),
        crawl_time_names: Sequence[str] = (),
        length: int = 8,
        image: bool = True,
        text: bool = True,
        category: bool = True,
        user: bool = True,
        hidden_dim: int = 256,
        dropout: float = 0.25,
        uid_dim: int = 32,
        crawl_time: bool = True,
    ) -> None:
        super().__init__(
            num_users,
            num_categories,
            depth,
            image_dim,
            text_dim,
            number_names,
            crawl_time_names,
            length,
            image,
            text,
            category,
            user,
            uid_dim,
            crawl_time,
        )
        if hidden_dim < 1:
            raise UsageError(argument="hidden_dim", value=hidden_dim, reason="must be at least 1")
        if not 0 <= dropout < 1:
            raise UsageError(argument="dropout", value=dropout, reason="must be at least 0 and below 1")
        self.hidden_dim = hidden_dim
        self.categories = None
        if self.uses_category:
            self.categories = CategoryEncoder(num_categories, depth, CATEGORY_DIM, "concatenation")
        layers = {"image": self.image, "text": self.text, "category": self.categories, "user": self.users}
        self.input_dims = {name: layer.dim for name, layer in layers.items() if layer is not None}
        """Size of each input, by its name: "image", "text", "category" and "user"."""

    def inputs(self, batch: PostBatch, targets_only: bool = False) -> dict[str, Tensor]:
        """Returns the inputs of the posts of a batch, ``[R, S, dim]`` each, by name.

        Args:
            batch: The batch.
            targets_only: Only return those of the T posts of a run that may be targets, ``[R, T, dim]``.
        """

        def cut(x: Tensor) -> Tensor:
            return batch.of_targets(x) if targets_only else x

        result = {}
        for name, layer, x, is_there in (
            ("image", self.image, batch.x_image, batch.has_image),
            ("text", self.text, batch.x_text, batch.has_text),
        ):
            if layer is not None and x is not None and is_there is not None:
                result[name] = layer(cut(x), cut(is_there))
        if self.categories is not None:
            table = self.categories(self.parent, self.level)
            result["category"] = embedding(cut(batch.category).remainder(table.size(0)), table)
        if self.users is not None:
            result["user"] = self.users(cut(batch.user), cut(batch.numbers), cut(batch.time))
        return result

    def concatenated(self, batch: PostBatch, targets_only: bool = False) -> Tensor:
        """Returns all inputs of the posts of a batch, one beside the other, ``[R, S, sum of dims]``."""
        return torch.cat(list(self.inputs(batch, targets_only).values()), -1)

    @staticmethod
    def make_head(in_dim: int, hidden_dim: int, dropout: float) -> nn.Sequential:
        """Makes a network of two layers that predicts a label."""
        return nn.Sequential(nn.Linear(in_dim, hidden_dim), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden_dim, 1))
