"""Checks of posts: every stream that is read from files passed them."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pandas as pd
import torch

from graphcascade.data.posts.category_columns import CategoryIds, check_category_ids, join_categories
from graphcascade.data.posts.post_repairs import PostRepairs
from graphcascade.data.posts.post_stream import PostStream
from graphcascade.data.posts.raw_posts import RawPosts
from graphcascade.errors import DataError, UsageError, shorten
from graphcascade.plurals import counted

__all__ = ["check_posts"]

logger = logging.getLogger(__name__)

LARGEST = float(np.finfo(np.float32).max)
"""Of the labels and numbers of posts, which are float32."""


def check_posts(raw: RawPosts, category_ids: CategoryIds = "name") -> PostStream:
    """Checks posts, and returns them as a stream.

    Posts out of time order are sorted, stably, and counted in :class:`~graphcascade.data.PostRepairs`, which is logged.
    Posts without a label, category, text or image are kept; ``describe()`` counts them.

    Args:
        raw: The posts.
        category_ids: ``"name"``: categories of the same name are the same, so that the id of a category is its name;
            ``"path"``: categories are the same if their ancestors are, too, and their ids are "coarse > fine".

    Raises:
        DataError: There is no post; two posts have the same id; a time is missing or not finite; a label or number is
            infinite or beyond float32; a category has two parents, is its own ancestor, or has none above it. The
            message names the row.
        UsageError: ``category_ids`` is unknown; a crawl-time number is not one of the numbers.
    """
    check_category_ids(category_ids)
    if raw.post.size == 0:
        raise DataError(f"{raw.name}: there is no post.")
    _check_unique(raw)
    wrong = np.flatnonzero(~np.isfinite(raw.time))
    if wrong.size:
        row = int(wrong[0])
        problem = "is missing" if np.isnan(raw.time[row]) else f"is {float(raw.time[row])}"
        raise DataError(
            f"{raw.where(row)}: the time {problem} ({counted(wrong.size, 'such post')}); give each post a time."
        )
    numbers = raw.numbers or {}
    for noun, values in {"label": raw.y, **{f"number {name!r}": values for name, values in numbers.items()}}.items():
        if values is None:
            continue
        large = np.flatnonzero(np.abs(values) > LARGEST)
        if large.size:
            row = int(large[0])
            problem = "not finite" if np.isinf(values[row]) else f"{values[row]:g}, too large for a 32-bit number"
            raise DataError(
                f"{raw.where(row)}: the {noun} is {problem} ({counted(large.size, 'such post')}); "
                "leave unknown values out."
            )
    unknown = set(raw.crawl_time_names) - set(numbers)
    if unknown:
        raise UsageError(
            argument="crawl_time",
            value=min(unknown),
            reason="is not one of the numbers; add it to them with",
            remedy=("numbers", min(unknown)),
        )
    category, parent, names = join_categories(raw.categories, category_ids, raw.where)
    user, users = pd.factorize(raw.user)
    matrix = np.stack([*numbers.values()], axis=1) if numbers else np.empty((raw.post.size, 0))
    stream = PostStream(
        time=torch.from_numpy(raw.time.astype(np.float64)),
        user=torch.from_numpy(user.astype(np.int64)),
        y=None if raw.y is None else torch.from_numpy(raw.y.astype(np.float32)),
        category=torch.from_numpy(category) if category.size else None,
        parent=torch.from_numpy(parent),
        post_ids=raw.post,
        user_ids=np.asarray(users, dtype=object),
        category_ids=names,
        text=raw.text,
        title=raw.title,
        image=raw.image,
        numbers=torch.from_numpy(matrix.astype(np.float32)),
        number_names=tuple(numbers),
        crawl_time_names=raw.crawl_time_names,
        time_unit=raw.time_unit,
        name=raw.name,
        repairs=PostRepairs(missing_images=raw.missing_images, invalid_rows=raw.invalid_rows),
    )
    if stream.repairs:
        logger.warning("%s: repaired: %s.", raw.name, stream.repairs)
    stream.validate()
    return stream


def _check_unique(raw: RawPosts) -> None:
    ids: pd.Index[Any] = pd.Index(raw.post)
    repeated = np.flatnonzero(ids.duplicated())
    if repeated.size:
        row = int(repeated[0])
        first = int(np.flatnonzero(raw.post == raw.post[row])[0])
        reason = (
            f"the post id {shorten(raw.post[row])!r} occurs before, at {raw.where(first)} "
            f"({counted(repeated.size, 'such row')}); keep one row for each post"
        )
        remedy = None
        if pd.Series(raw.user).groupby(raw.post).nunique().max() > 1:  # users who share a post
            reason += ", or if a row is an event of a cascade, read the table as cascades, with"
            remedy = ("item", raw.post_column)
        raise DataError(reason, value=raw.where(row), remedy=remedy)
