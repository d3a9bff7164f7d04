from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, cast

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from graphcascade.data import PostStream
from graphcascade.data.posts.past_posts import moving_means, recent_counts
from graphcascade.data.time_units import SECONDS
from graphcascade.errors import UsageError
from graphcascade.models.popularity.category_groups import category_groups
from graphcascade.models.popularity.fittable_popularity_model import FittablePopularityModel
from graphcascade.models.registry import MODELS
from graphcascade.nn.boosted_trees import BoostedTrees
from graphcascade.nn.past_labels import PastLabels
from graphcascade.nn.principal_components import PrincipalComponents
from graphcascade.nn.time_features import FIELD_SIZES, calendar_rows

__all__ = ["CatBoostPopularity"]

DATE = ("month", "day", "weekday", "hour")


@MODELS.register("CatBoostPopularity")
class CatBoostPopularity(FittablePopularityModel):
    """Gradient-boosted trees of CatBoost on features of the post and, if asked, of earlier posts.

    The row "Catboost" of the "`Improving Social Media Popularity Prediction with Multiple Post Dependencies
    <https://arxiv.org/abs/2307.15413>`_" paper (DSN; Zhang et al., 2023, Section 4.4), after "Catboost-based Framework
    with Additional User Information for Social Media Popularity Prediction" (Kang et al., ACM Multimedia 2019). The
    inputs are leading principal components of the features of image and text, the numbers, month, day, weekday and
    hour, and, as categorical inputs, the user and the category of each level. ``history`` adds what earlier posts tell:

    - ``"sliding"``: averages of the components and the numbers over the last ``window`` posts of the user, with the
      post itself, after the sliding window average of Kang et al.
    - ``"counts"``: the mean and the number of the known labels of earlier posts, of the user and of the category of
      each level; and for each level how many of the ``window`` posts before, of all users, are in the same category.
      The DSN paper has no such row. A stream knows labels up to the end of training, unless they are "online".

    It needs catboost: ``pip install 'graphcascade[boost]'``. Saved models hold CatBoost's own format, no pickle.

    Deviations from the paper: Kang et al. use features of ResNet, BERT, FastText, TF-IDF and LDA; this model uses the
    features of the stream, and their principal components only. Their additional user information, crawled from the
    users' pages, is the numbers of the stream, if it has them. The description in the DSN paper does not say which
    features are averaged, or over how many posts.

    Args:
        num_users: Number of users.
        num_categories: Number of categories, of all levels.
        image_dim: Size of the features of images; 0 if there are none.
        text_dim: Size of the features of texts; 0 if there are none.
        number_names: Names of the further numbers of the posts.
        crawl_time_names: Those of them that are known only when the data were crawled.
        image: Whether to use images, if there are features of them.
        text: Whether to use texts, if there are features of them.
        category: Whether to use categories, if there are any.
        user: Whether to use the user, the numbers and the date of the post.
        uid: Whether to use the identity of the user, for the categorical input and for the history.
        crawl_time: Whether to use the numbers that are known only when the data were crawled.
        history: What to use of earlier posts: "none", "sliding" or "counts".
        window: Number of posts for averages and counts of recent posts.
        components: Principal components of each kind of features.
        iterations: Number of trees.
        tree_depth: Depth of the trees.
        learning_rate: Step size; CatBoost chooses it from the number of posts and trees if ``None``.
        seed: Seed of CatBoost.
        thread_count: Number of threads; all cores if -1. Models are saved without it.

    Raises:
        UsageError: A number is out of range; there is no input.
    """

    unsaved: ClassVar[tuple[str, ...]] = ("thread_count",)
    num_levels: Tensor
    """Number of levels of the categories in training."""

    def __init__(
        self,
        num_users: int,
        num_categories: int = 0,
        image_dim: int = 0,
        text_dim: int = 0,
        number_names: Sequence[str] = (),
        crawl_time_names: Sequence[str] = (),
        image: bool = True,
        text: bool = True,
        category: bool = True,
        user: bool = True,
        uid: bool = True,
        crawl_time: bool = True,
        history: Literal["none", "sliding", "counts"] = "counts",
        window: int = 7,
        components: int = 32,
        iterations: int = 1000,
        tree_depth: int = 6,
        learning_rate: float | None = None,
        seed: int = 0,
        thread_count: int = -1,
    ) -> None:
        super().__init__(num_users, num_categories if category else 0)
        for name, value in (("window", window), ("components", components), ("iterations", iterations)):
            if value < 1:
                raise UsageError(argument=name, value=value, reason="must be at least 1")
        if not 1 <= tree_depth <= 16:
            raise UsageError(argument="tree_depth", value=tree_depth, reason="must be between 1 and 16")
        if learning_rate is not None and not 0 < learning_rate <= 1:
            raise UsageError(argument="learning_rate", value=learning_rate, reason="must be above 0 and at most 1")
        self.history, self.window = history, window
        self.iterations, self.tree_depth, self.learning_rate = iterations, tree_depth, learning_rate
        self.seed, self.thread_count = seed, thread_count
        self.uses_user, self.uses_uid = user, user and uid
        left_out = () if crawl_time else tuple(crawl_time_names)
        self.numbers = [name for name in number_names if user and name not in left_out]
        sizes = {"image": image_dim if image else 0, "text": text_dim if text else 0}
        self.components = nn.ModuleDict(
            {name: PrincipalComponents(dim, components) for name, dim in sizes.items() if dim}
        )
        if not (self.components or user or self.num_categories):
            raise UsageError("CatBoostPopularity has no input: use images, texts, categories or users.")
        counts = history == "counts"
        self.by_user = PastLabels(num_users) if counts and self.uses_uid else None
        self.by_category = PastLabels(self.num_categories) if counts and self.num_categories else None
        self.trees = BoostedTrees()
        self.register_buffer("num_levels", torch.tensor(0))

    def _fit(self, train: PostStream) -> None:
        targets, end = train.targets, int(train.targets[-1]) + 1
        store = train["post"]
        self._check(train)
        for name, layer in self._named_components():
            layer.prepare(store[f"x_{name}"][:end], store[f"has_{name}"][:end])
        self.num_levels = torch.tensor(train.depth if self.num_categories else 0)
        if self.by_user is not None:
            self.by_user.set_labels(train.user[targets], train.target_y)
        if self.by_category is not None:
            row, _ = category_groups(self, train, targets)
            self.by_category.set_labels(row[targets].T.reshape(-1), train.target_y.repeat(train.depth))
        table = self.table(train, targets)
        self.trees.fit(
            table,
            train.target_y,
            iterations=self.iterations,
            depth=self.tree_depth,
            learning_rate=self.learning_rate,
            random_seed=self.seed,
            thread_count=self.thread_count,
            has_time=True,  # posts are in the order of time: means of a category come from earlier posts
            cat_features=_categorical(table),
        )

    def _predict(self, stream: PostStream, posts: Tensor) -> Tensor:
        self._check(stream)
        if posts.numel() == 0:
            return torch.empty(0)
        return self.trees.predict(self.table(stream, posts), self.thread_count).float()

    def importances(self) -> pd.Series[Any]:
        """Returns how much each input changes the predictions on average, in percent, the largest first.

        Raises:
            UsageError: The model was not trained.
            MissingFileError: catboost is not installed.
        """
        self.require_trained()
        return self.trees.importances()

    def table(self, stream: PostStream, posts: Tensor) -> pd.DataFrame:
        """Returns the inputs of posts ``[M]``, a row for each; integers are categorical inputs."""
        self._check(stream)
        rows = category_groups(self, stream, posts) if self.num_categories else None
        groups = [] if rows is None else list(zip(*(values.unbind(1) for values in rows), strict=True))
        none = torch.full_like(stream.user, -1)
        groups = [*groups, *[(none, none)] * (int(self.num_levels) - len(groups))][: int(self.num_levels)]
        user = torch.full_like(stream.user, -1) if self.hides_users or not self.uses_uid else stream.user
        columns = self._contents(stream, user, posts)
        if self.uses_user:
            seconds = stream.time[posts] * SECONDS.get(stream.time_unit or "s", 1.0)
            fields, offset = calendar_rows(seconds), 0
            for number, (name, size) in enumerate(FIELD_SIZES.items()):
                if name in DATE:
                    columns[name] = (fields[:, number] - offset).float()
                offset += size
        if self.uses_uid:
            columns["user"] = self.match_users(stream)[stream.user[posts]]
        for level, (row, _) in enumerate(groups):
            columns[f"category level {level + 1}"] = row[posts]
        if self.history == "counts":
            columns |= self._counts(stream, user, groups, posts)
        return pd.DataFrame({name: value.numpy() for name, value in columns.items()})

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

    def _counts(
        self, stream: PostStream, user: Tensor, groups: list[tuple[Tensor, Tensor]], posts: Tensor
    ) -> dict[str, Tensor]:
        """Returns past means and counts of labels, and counts of recent posts of the same category."""
        trained = self.is_trained_on(stream)
        past: list[tuple[str, PastLabels, Tensor, Tensor]] = []
        if self.by_user is not None:
            past.append(("user", self.by_user, self.match_users(stream)[stream.user], user))
        columns = {}
        for level, (row, group) in enumerate(groups):
            columns[f"recent posts, category level {level + 1}"] = recent_counts(group, self.window)[posts].float()
            if self.by_category is not None:
                past.append((f"category level {level + 1}", self.by_category, row, group))
        for name, labels, row, group in past:
            total, count = labels(row, group, stream.known_y, trained)
            columns[f"mean label, {name}"] = (total / count)[posts].float()
            columns[f"labels, {name}"] = count[posts].float()
        return columns

    def _check(self, stream: PostStream) -> None:
        """Raises an error if a stream lacks what the model uses."""
        for name, layer in self._named_components():
            x = stream["post"].get(f"x_{name}")
            if x is None or x.size(1) != layer.dim:
                has = "none" if x is None else f"features of size {x.size(1)}"
                raise UsageError(
                    f"{stream.name}: CatBoostPopularity was made for features x_{name} of size {layer.dim}; these "
                    f"posts have {has}."
                )
        lacking = [name for name in self.numbers if name not in stream.number_names]
        if lacking:
            raise UsageError(
                f"{stream.name}: CatBoostPopularity uses the number {lacking[0]!r}, which these posts do not have."
            )

    def _named_components(self) -> list[tuple[str, PrincipalComponents]]:
        return [(name, cast(PrincipalComponents, layer)) for name, layer in self.components.items()]


def _categorical(table: pd.DataFrame) -> list[str]:
    return [str(name) for name, kind in table.dtypes.items() if kind == np.int64]
