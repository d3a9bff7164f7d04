from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from graphcascade.data import PostStream
from graphcascade.data.posts.past_posts import moving_means, recent_counts
from graphcascade.data.time_units import SECONDS
from graphcascade.errors import UsageError
from graphcascade.models.popularity.category_groups import category_groups
from graphcascade.models.popularity.check_inputs import check_inputs
from graphcascade.models.popularity.popularity_model import PopularityModel
from graphcascade.nn.past_labels import PastLabels
from graphcascade.nn.principal_components import PrincipalComponents
from graphcascade.nn.time_features import FIELD_SIZES, calendar_rows

__all__ = ["History", "PostTable"]

DATE = ("month", "day", "weekday", "hour")
History = Literal["none", "sliding", "counts"]


class PostTable(nn.Module):
    """A row of inputs for each post, as trees of :class:`~graphcascade.models.CatBoostPopularity` have them.

    Args:
        num_users: Number of users.
        num_categories: Number of categories, of all levels; 0 leaves them out.
        image_dim: Size of the features of images; 0 leaves them out.
        text_dim: Size of the features of texts; 0 leaves them out.
        numbers: Names of the further numbers to use.
        user: Whether to use the user and the date of the post.
        uid: Whether to use the identity of the user.
        history: What to use of earlier posts: "none", "sliding" or "counts".
        label_blocks: In how many blocks training posts are told labels; see
            :class:`~graphcascade.models.CatBoostPopularity`.
        window: Number of posts for averages and counts of recent posts.
        components: Principal components of each kind of features.

    Raises:
        UsageError: A number is out of range; there is no input.
    """

    num_levels: Tensor
    """Number of levels of the categories in training."""

    def __init__(
        self,
        num_users: int,
        num_categories: int,
        image_dim: int,
        text_dim: int,
        numbers: Sequence[str],
        user: bool,
        uid: bool,
        history: History,
        label_blocks: int,
        window: int,
        components: int,
    ) -> None:
        super().__init__()
        for name, value, least in (
            ("window", window, 1),
            ("components", components, 1),
            ("label_blocks", label_blocks, 0),
        ):
            if value < least:
                raise UsageError(argument=name, value=value, reason=f"must be at least {least}")
        self.history, self.window, self.label_blocks = history, window, label_blocks
        self.uses_user, self.uses_uid = user, user and uid
        self.numbers = list(numbers)
        sizes = {"image": image_dim, "text": text_dim}
        self.components = nn.ModuleDict(
            {name: PrincipalComponents(dim, components) for name, dim in sizes.items() if dim}
        )
        if not (self.components or user or num_categories):
            raise UsageError("there is no input: use images, texts, categories or users.")
        counts = history == "counts"
        self.uses_category = num_categories > 0
        self.by_user = PastLabels(num_users) if counts and self.uses_uid else None
        self.by_category = PastLabels(num_categories) if counts and num_categories else None
        self.register_buffer("num_levels", torch.tensor(0))

    def prepare(self, model: PopularityModel, train: PostStream) -> None:
        """Sets components and past labels from the training posts.

        Args:
            model: The model that the table belongs to, which remembers its training.
            train: The training part of a split, or a whole stream.

        Raises:
            UsageError: The posts lack features or numbers.
        """
        self.check(model, train)
        targets, end = train.targets, int(train.targets[-1]) + 1
        store = train["post"]
        for name, layer in self._named_components():
            layer.prepare(store[f"x_{name}"][:end], store[f"has_{name}"][:end])
        self.num_levels = torch.tensor(train.depth if self.uses_category else 0)
        if self.by_user is not None:
            self.by_user.set_labels(train.user[targets], train.target_y)
        if self.by_category is not None:
            row, _ = category_groups(model, train, targets)
            self.by_category.set_labels(row[targets].T.reshape(-1), train.target_y.repeat(train.depth))

    def forward(self, model: PopularityModel, stream: PostStream, posts: Tensor, trained: Tensor) -> pd.DataFrame:
        """Returns the inputs of posts, a row for each; integers are categorical inputs.

        Args:
            model: The model that the table belongs to.
            stream: The stream.
            posts: Numbers of the posts, ``[M]`` int64.
            trained: Which posts of the stream the model was trained on, ``[num_posts]`` bool.

        Raises:
            UsageError: The posts lack features or numbers.
        """
        self.check(model, stream)
        rows = category_groups(model, stream, posts) if self.uses_category else None
        groups = [] if rows is None else list(zip(*(values.unbind(1) for values in rows), strict=True))
        none = torch.full_like(stream.user, -1)
        groups = [*groups, *[(none, none)] * (int(self.num_levels) - len(groups))][: int(self.num_levels)]
        user = torch.full_like(stream.user, -1) if model.hides_users or not self.uses_uid else stream.user
        columns = self._contents(stream, user, posts)
        if self.uses_user:
            seconds = stream.time[posts] * SECONDS.get(stream.time_unit or "s", 1.0)
            fields, offset = calendar_rows(seconds), 0
            for number, (name, size) in enumerate(FIELD_SIZES.items()):
                if name in DATE:
                    columns[name] = (fields[:, number] - offset).float()
                offset += size
        if self.uses_uid:
            columns["user"] = model.match_users(stream)[stream.user[posts]]
        for level, (row, _) in enumerate(groups):
            columns[f"category level {level + 1}"] = row[posts]
        if self.history == "counts":
            columns |= self._counts(model, stream, user, groups, posts, trained)
        return pd.DataFrame({name: value.numpy() for name, value in columns.items()})

    @staticmethod
    def categorical_names(table: pd.DataFrame) -> list[str]:
        """Returns the names of the categorical inputs."""
        return [str(name) for name, kind in table.dtypes.items() if kind == np.int64]

    def _contents(self, stream: PostStream, user: Tensor, posts: Tensor) -> dict[str, Tensor]:
        """Returns components and numbers of posts, and their averages over recent posts of the user."""
        store = stream["post"]
        columns: dict[str, Tensor] = {}
        for name, layer in self._named_components():
            needed = torch.arange(stream.num_posts) if self.history == "sliding" else posts
            x = torch.cat([layer(store[f"x_{name}"][part]) for part in needed.split(1 << 14)])
            x[~store[f"has_{name}"][needed]] = torch.nan
            columns |= {f"{name} {number + 1}": column for number, column in enumerate(x.unbind(1))}
        selected = [stream.number_names.index(name) for name in self.numbers]
        numbers = stream.numbers[:, selected] if self.history == "sliding" else stream.numbers[posts][:, selected]
        columns |= dict(zip(self.numbers, numbers.unbind(1), strict=True))
        if self.history != "sliding" or not columns:
            return columns
        means = moving_means(user, torch.stack(list(columns.values()), 1), self.window)
        averages = {f"mean of {name}": column[posts] for name, column in zip(columns, means.unbind(1), strict=True)}
        return {name: column[posts] for name, column in columns.items()} | averages

    def _find_blocks(self, trained: Tensor) -> Tensor | None:
        """Returns for each post the first post whose label it is not told, ``[num_posts]``."""
        if not self.label_blocks or not bool(trained.any()):
            return None
        until = torch.arange(trained.numel())
        posts = trained.nonzero().view(-1)
        block = torch.arange(posts.numel()) * self.label_blocks // posts.numel()
        first = torch.searchsorted(block, block)  # of the training posts of the same block
        until[posts] = posts[first]
        return until

    def _counts(
        self,
        model: PopularityModel,
        stream: PostStream,
        user: Tensor,
        groups: list[tuple[Tensor, Tensor]],
        posts: Tensor,
        trained: Tensor,
    ) -> dict[str, Tensor]:
        """Returns past means and counts of labels, and counts of recent posts of the same category."""
        until = self._find_blocks(trained)
        past: list[tuple[str, PastLabels, Tensor, Tensor]] = []
        if self.by_user is not None:
            past.append(("user", self.by_user, model.match_users(stream)[stream.user], user))
        columns = {}
        for level, (row, group) in enumerate(groups):
            columns[f"recent posts, category level {level + 1}"] = recent_counts(group, self.window)[posts].float()
            if self.by_category is not None:
                past.append((f"category level {level + 1}", self.by_category, row, group))
        for name, labels, row, group in past:
            total, count = labels(row, group, stream.known_y, trained, until)
            columns[f"mean label, {name}"] = (total / count)[posts].float()
            columns[f"labels, {name}"] = count[posts].float()
        return columns

    def check(self, model: PopularityModel, stream: PostStream) -> None:
        """Raises an error if a stream lacks what is used.

        Raises:
            UsageError: There are no features of images or texts, or of another size; a number is missing.
        """
        dims = {name: layer.dim for name, layer in self._named_components()}
        check_inputs(stream, type(model).__name__, dims, self.numbers)

    def _named_components(self) -> list[tuple[str, PrincipalComponents]]:
        return [(name, cast(PrincipalComponents, layer)) for name, layer in self.components.items()]
