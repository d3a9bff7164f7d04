from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from graphcascade.data.invalid_rows import invalid_row_figures
from graphcascade.data.numbered_ids import numbered_ids
from graphcascade.data.posts.category_tree import find_ancestors
from graphcascade.data.posts.describe import describe_stream
from graphcascade.data.posts.post_repairs import PostRepairs
from graphcascade.data.posts.post_splits import hash_posts, split_posts
from graphcascade.data.posts.schema import CATEGORY, IN, PARENT_OF, POST, PUBLISHES, USER, find_problem
from graphcascade.data.posts.stream_fields import check_levels, count_numbers, find_presence, sort_field
from graphcascade.data.split_graph import SplitGraph
from graphcascade.errors import UsageError
from graphcascade.value_types import check_numbers

__all__ = ["PostStream"]

Strings = npt.NDArray[np.object_]


class PostStream(SplitGraph):
    r"""Posts in the order of time, their users, and a hierarchy of categories.

    The data of the "`Improving Social Media Popularity Prediction with Multiple Post Dependencies
    <https://arxiv.org/abs/2307.15413>`_" paper (DSN; Zhang et al., 2023). Node types are ``"post"``, ``"user"`` and
    ``"category"``; an edge type reads as a sentence:

    - ``("user", "publishes", "post")``: ``edge_index [2, N]``, one edge for each post, in the order of the posts.
    - ``("post", "in", "category")``: ``edge_index [2, M]``, at most one for a post, with its finest category.
    - ``("category", "parent_of", "category")``: a forest of any depth; a category has at most one parent.

    Posts are sorted by time; those of the same time keep their order. The window of the last posts before a post is
    implied by this order; the transform :class:`~graphcascade.transforms.PostWindows` makes edges of it.

    A part of a split, from :meth:`splits`, shares all nodes, edges and fields with the whole stream. Its posts to learn
    from or to predict are :attr:`targets`. A model may use the labels :attr:`known_y` only, which end with training.

    Args:
        time: Time of each post in ``time_unit``, ``[N]`` float64. Posts may be in any order.
        user: User of each post, ``[N]`` int64.
        y: Label of each post, ``[N]`` float32, NaN if unknown: :math:`\log_2(1 + \text{views})`, see :meth:`to_labels`.
        category: Finest category of each post, ``[N]`` int64; -1 if it has none.
        parent: Parent of each category, ``[C]`` int64; -1 for a root.
        num_users: Number of users U.
        post_ids: Ids of the posts, ``[N]`` strings; "0", "1", ... by default.
        user_ids: Ids of the users, ``[U]`` strings.
        category_ids: Ids of the categories, ``[C]`` strings.
        text: Text of each post, ``[N]`` strings; "" if it has none.
        title: Title of each post, ``[N]`` strings.
        image: Path of each post's image, ``[N]`` strings.
        x_image: Features of the images, ``[N, D]`` float16 or float32, which may be memory-mapped.
        x_text: Features of the texts, ``[N, D]``.
        has_image: Whether each post has an image, ``[N]`` bool; by default, whether it has a path of an image or,
            without paths, a row of features that are not all zero.
        has_text: Whether each post has a text or a title, ``[N]`` bool; by default as for images.
        numbers: Further numbers of each post and its user, ``[N, F]`` float32; NaN if unknown.
        number_names: Names of these numbers, F of them.
        crawl_time_names: Those of the names whose numbers are known only when the data were crawled, after the post.
        true_mean: Expected label of each post in a simulation, ``[N]`` float32.
        time_unit: Unit of the times, or ``None`` if it is not known. Dates are seconds since 1970.
        name: Name of the stream in reports.
        repairs: Counts of the repairs made while reading. Those of the order of posts are added here.

    Raises:
        DataError: A field that is sorted by time has not N entries; a category is its own ancestor.

    Example:
        >>> stream = PostStream(
        ...     time=torch.tensor([3.0, 1.0], dtype=torch.float64),
        ...     user=torch.tensor([0, 1]),
        ...     y=torch.tensor([4.0, torch.nan]),
        ...     category=torch.tensor([1, 0]),
        ...     parent=torch.tensor([-1, 0]),
        ... )
        >>> stream.user, stream.category, stream.targets, stream.depth
        (tensor([1, 0]), tensor([0, 1]), tensor([1]), 2)
    """

    def __init__(
        self,
        time: Tensor | None = None,
        user: Tensor | None = None,
        y: Tensor | None = None,
        category: Tensor | None = None,
        parent: Tensor | None = None,
        num_users: int | None = None,
        post_ids: Strings | None = None,
        user_ids: Strings | None = None,
        category_ids: Strings | None = None,
        text: Strings | None = None,
        title: Strings | None = None,
        image: Strings | None = None,
        x_image: Tensor | None = None,
        x_text: Tensor | None = None,
        has_image: Tensor | None = None,
        has_text: Tensor | None = None,
        numbers: Tensor | None = None,
        number_names: Sequence[str] = (),
        crawl_time_names: Sequence[str] = (),
        true_mean: Tensor | None = None,
        time_unit: str | None = "s",
        name: str = "posts",
        repairs: PostRepairs | None = None,
    ) -> None:
        super().__init__(name, time_unit)
        self.__dict__.update(_targets=None, _known_y=None, _repairs=repairs or PostRepairs())
        self._global_store["number_names"] = tuple(number_names)
        self._global_store["crawl_time_names"] = tuple(crawl_time_names)
        if time is None or user is None:  # PyG makes an empty object before it fills it
            return
        count = time.numel()
        order = None
        if bool((time.diff() < 0).any()):
            order = torch.argsort(time, stable=True)
            late = int((time < time.cummax(0).values).sum())
            self.__dict__["_repairs"] = dataclasses.replace(
                self.repairs, posts_out_of_order=self.repairs.posts_out_of_order + late
            )
        if num_users is None:
            num_users = len(user_ids) if user_ids is not None else count_numbers(user)
        category = torch.full((count,), -1) if category is None else category
        if parent is None:
            parent = torch.full((count_numbers(category) if category_ids is None else len(category_ids),), -1)
        fields: dict[str, Any] = {
            "user": user,
            "category": category,
            "ids": numbered_ids(count) if post_ids is None else post_ids,
            "time": time,
            "y": torch.full((count,), torch.nan) if y is None else y,
            "numbers": torch.empty(count, 0) if numbers is None else numbers,
            "text": text,
            "title": title,
            "image": image,
            "x_image": x_image,
            "x_text": x_text,
            "has_image": find_presence(count, x_image, image) if has_image is None else has_image,
            "has_text": find_presence(count, x_text, text, title) if has_text is None else has_text,
            "true_mean": true_mean,
        }
        fields = {key: sort_field(key, value, order, count) for key, value in fields.items() if value is not None}
        user, category = fields.pop("user"), fields.pop("category")
        self[POST].num_nodes, self[USER].num_nodes, self[CATEGORY].num_nodes = count, num_users, parent.numel()
        for key, value in fields.items():
            self[POST][key] = value
        self[USER].ids = numbered_ids(num_users) if user_ids is None else user_ids
        self[CATEGORY].ids = numbered_ids(parent.numel()) if category_ids is None else category_ids
        self[CATEGORY].level = check_levels(parent, self[CATEGORY].ids, name)
        self[PUBLISHES].edge_index = torch.stack([user, torch.arange(count)])
        posts = (category >= 0).nonzero().view(-1)
        self[IN].edge_index = torch.stack([posts, category[posts]])
        children = (parent >= 0).nonzero().view(-1)
        self[PARENT_OF].edge_index = torch.stack([parent[children], children])

    # Sizes and fields -------------------------------------------------------------------------------------------------

    @property
    def num_posts(self) -> int:
        return int(self[POST].num_nodes)

    @property
    def num_users(self) -> int:
        return int(self[USER].num_nodes)

    @property
    def num_categories(self) -> int:
        return int(self[CATEGORY].num_nodes)

    @property
    def depth(self) -> int:
        """Number of levels of the categories; 0 if there is no category."""
        return int(self.level.max()) + 1 if self.num_categories else 0

    @property
    def post_ids(self) -> Strings:
        """Ids of the posts, ``[num_posts]`` strings."""
        ids: Strings = self[POST].ids
        return ids

    @property
    def user_ids(self) -> Strings:
        """Ids of the users, ``[num_users]`` strings."""
        ids: Strings = self[USER].ids
        return ids

    @property
    def category_ids(self) -> Strings:
        """Ids of the categories, ``[num_categories]`` strings."""
        ids: Strings = self[CATEGORY].ids
        return ids

    @property
    def time(self) -> Tensor:
        """Time of each post, ``[num_posts]`` float64, ascending."""
        time: Tensor = self[POST].time
        return time

    @property
    def user(self) -> Tensor:
        """User of each post, ``[num_posts]`` int64."""
        user: Tensor = self[PUBLISHES].edge_index[0]
        return user

    @property
    def y(self) -> Tensor:
        """Label of each post, ``[num_posts]`` float32; NaN if unknown. Models may use :attr:`known_y` only."""
        y: Tensor = self[POST].y
        return y

    @property
    def numbers(self) -> Tensor:
        """Further numbers of each post, ``[num_posts, F]`` float32; NaN if unknown."""
        numbers: Tensor = self[POST].numbers
        return numbers

    @property
    def number_names(self) -> tuple[str, ...]:
        """Names of the columns of :attr:`numbers`."""
        return tuple(self._global_store["number_names"])

    @property
    def crawl_time_names(self) -> tuple[str, ...]:
        """Names of the numbers that are known only when the data were crawled, after the post."""
        return tuple(self._global_store["crawl_time_names"])

    @property
    def category(self) -> Tensor:
        """Finest category of each post, ``[num_posts]`` int64; -1 if it has none."""
        category = torch.full((self.num_posts,), -1)
        category[self[IN].edge_index[0]] = self[IN].edge_index[1]
        return category

    @property
    def parent(self) -> Tensor:
        """Parent of each category, ``[num_categories]`` int64; -1 for a root."""
        parent = torch.full((self.num_categories,), -1)
        parent[self[PARENT_OF].edge_index[1]] = self[PARENT_OF].edge_index[0]
        return parent

    @property
    def level(self) -> Tensor:
        """Level of each category, ``[num_categories]`` int64; 0 is the coarsest."""
        level: Tensor = self[CATEGORY].level
        return level

    @property
    def ancestors(self) -> Tensor:
        """Ancestor of each category at each level, ``[num_categories, depth]`` int64.

        A category is its own ancestor at its own level; below that there is -1.
        """
        return find_ancestors(self.parent, self.level)

    @property
    def repairs(self) -> PostRepairs:
        """Counts of the repairs made while reading."""
        repairs: PostRepairs = self._repairs
        return repairs

    # Labels -----------------------------------------------------------------------------------------------------------

    @property
    def targets(self) -> Tensor:
        """Posts to learn from or to predict, ``[M]`` int64, ascending: those of the part that have labels."""
        return self.y.isfinite().nonzero().view(-1) if self._targets is None else self._targets

    def with_targets(self, targets: Tensor) -> PostStream:
        """Returns the same posts with other posts to learn from or to predict.

        Args:
            targets: These posts, ``[M]`` int64, ascending.
        """
        view = copy.copy(self)
        view.__dict__["_targets"] = targets
        return view

    @property
    def target_y(self) -> Tensor:
        """Labels of :attr:`targets`, ``[M]`` float32."""
        return self.y[self.targets]

    @property
    def known_y(self) -> Tensor:
        """Labels that a model may use for its predictions, ``[num_posts]`` float32; NaN if unknown.

        In a part of a split, all labels after the last training post are NaN; the three parts have the same labels.
        """
        return self.y if self._known_y is None else self._known_y

    def with_known_y(self, known_y: Tensor) -> PostStream:
        """Returns the same posts with other labels that a model may use.

        Args:
            known_y: The labels, ``[num_posts]`` float32; NaN if unknown.
        """
        view = copy.copy(self)
        view.__dict__["_known_y"] = known_y
        return view

    @property
    def seen(self) -> Tensor:
        """Users of :attr:`targets`, ``[num_users]`` bool."""
        seen = torch.zeros(self.num_users, dtype=torch.bool)
        seen[self.user[self.targets]] = True
        return seen

    @property
    def fingerprints(self) -> Tensor:
        """A number for each post in :attr:`targets`, ``[M]`` int64, from its id, its user's id and its time."""
        return hash_posts(self, self.targets)

    @staticmethod
    def to_views(y: Tensor) -> Tensor:
        r"""Converts labels to numbers of views, :math:`2^y - 1`, at least 0.

        Example:
            >>> PostStream.to_views(torch.tensor([1.0, 3.0]))
            tensor([1., 7.])
        """
        return torch.expm1(y.double() * np.log(2)).clamp(min=0).to(y.dtype)

    @staticmethod
    def to_labels(views: Tensor) -> Tensor:
        r"""Converts numbers of views to labels, :math:`\log_2(1 + \text{views})`.

        Raises:
            UsageError: A number is negative.

        Example:
            >>> PostStream.to_labels(torch.tensor([1, 7]))
            tensor([1., 3.])
        """
        if bool((views < 0).any()):
            raise UsageError(argument="views", value=float(views.min()), reason="numbers of views must not be negative")
        labels: Tensor = torch.log1p(views.double()) / np.log(2)
        return labels.to(views.dtype if views.is_floating_point() else torch.float32)

    # Splits -----------------------------------------------------------------------------------------------------------

    @check_numbers
    def splits(self, train: float = 0.8, validation: float = 0.1) -> tuple[PostStream, PostStream, PostStream]:
        """Splits the posts with labels into train, validation and test, in the order of time.

        Consecutive posts of a user are similar, so a random split would leak labels; there is none. The first
        ``floor(train * n)`` of the n labelled posts are for training, those up to ``floor((train + validation) * n)``
        for validation, the others for the test.

        Args:
            train: Share of the posts with labels for training.
            validation: Share for validation.

        Returns:
            Three views of this stream, which share all nodes, edges and fields.

        Raises:
            UsageError: A share is not between 0 and 1, or none is left for the test; the stream is a part of a split
                already.
            DataError: A part would be empty.
        """
        if self.split is not None:
            raise UsageError(f"{self.name}: this is the {self.split.part} part of a split; split the whole stream.")
        parts = split_posts(self, train, validation)
        known_y = self.y.clone()
        known_y[int(parts[0][0][-1]) + 1 :] = torch.nan
        views = []
        for targets, split in parts:
            view = self._part(split)
            view.__dict__.update(_targets=targets, _known_y=known_y)
            views.append(view)
        return views[0], views[1], views[2]

    # Checks and statistics --------------------------------------------------------------------------------------------

    def _find_problem(self) -> str | None:
        return find_problem(self)

    def describe(self) -> pd.Series[Any]:
        """Returns counts of posts, users and categories, statistics of the labels, what is missing, and repairs."""
        figures = describe_stream(self)
        figures["time unit"] = self.time_unit or "not stated"
        if self.split is not None:
            figures["part"] = self.split.part
            figures["posts of this part"] = self.targets.numel()
        figures["posts out of time order, sorted"] = self.repairs.posts_out_of_order
        figures["missing images, left out"] = self.repairs.missing_images
        figures |= invalid_row_figures(self.repairs.invalid_rows)
        return pd.Series(figures, name=self.name, dtype=object)
