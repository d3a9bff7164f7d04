from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from graphcascade.data import PostStream
from graphcascade.data.posts.require_stream import require_stream
from graphcascade.errors import UnknownNameError, UsageError
from graphcascade.io.lines import shorten
from graphcascade.models.popularity import PopularityModel, WindowModel
from graphcascade.plurals import counted
from graphcascade.value_types import check_numbers

__all__ = ["explain_popularity", "find_new_posts", "predict_popularity"]

logger = logging.getLogger(__name__)

SHOWN_POSTS = 5


@check_numbers
def predict_popularity(
    model: PopularityModel,
    stream: PostStream,
    posts: Sequence[str] | None = None,
    interval: float = 0.9,
    k: int = SHOWN_POSTS,
) -> pd.DataFrame:
    """Predicts the popularity of posts, as labels and as numbers of views.

    Intervals have the quantiles of the residuals of validation posts: of the later half of them if the model was
    trained in epochs, since the earlier half chose the best epoch; otherwise of all. They are as wide for all posts.
    :meth:`PopularityModel.coverage` is the share of these posts that intervals from the other half of them cover.

    Args:
        model: A trained model.
        stream: The posts. Users and categories are matched by their ids.
        posts: Ids of the posts; by default those without a label, or the targets of the stream if all have one.
        interval: Share of posts whose popularity is to be within the interval.
        k: Number of earlier posts to name.

    Returns:
        A row for each post: ``post``, ``user``, ``time``, ``label``, ``views``; with a model that was validated, the
        ends of the interval, ``lower``, ``upper``, ``lower views`` and ``upper views``; with a model with attention,
        the ``earlier posts`` with the largest weights.

    Raises:
        UsageError: The model does not predict popularity or was not trained; ``interval`` is not between 0 and 1, or
            ``k`` below 1; the stream lacks features that the model uses.
        UnknownNameError: A post is not in the stream.
    """
    if not 0 < interval < 1:
        raise UsageError(argument="interval", value=interval, reason="must be between 0 and 1")
    if k < 1:
        raise UsageError(argument="k", value=k, reason="must be at least 1")
    chosen = _choose(model, stream, posts)
    if posts is None:
        _warn_about_training_posts(model, stream, chosen)
    _warn_about_new_users(model, stream, chosen)
    _warn_about_short_windows(model, stream, chosen)
    _warn_about_missing_unit(model, stream)
    label = model.predict(stream, chosen)
    columns: dict[str, Any] = {
        "post": stream.post_ids[chosen.numpy()],
        "user": stream.user_ids[stream.user[chosen].numpy()],
        "time": stream.time[chosen].numpy(),
        "label": label.numpy(),
        "views": stream.to_views(label).numpy(),
    }
    ends = model.interval(interval)
    if ends is not None:
        lower, upper = (label + end for end in ends)
        columns |= {"lower": lower.numpy(), "upper": upper.numpy()}
        columns |= {"lower views": stream.to_views(lower).numpy(), "upper views": stream.to_views(upper).numpy()}
    weights = model.earlier_weights(stream, chosen) if isinstance(model, WindowModel) else None
    if weights is not None:
        columns["earlier posts"] = [
            _name_posts(stream, post, row, k) for post, row in zip(chosen.tolist(), weights, strict=True)
        ]
    return pd.DataFrame(columns)


def explain_popularity(model: WindowModel, stream: PostStream, posts: Sequence[str] | None = None) -> pd.DataFrame:
    """Returns the posts that a model looked at for its predictions, with their weights (DSN paper, Figure 4).

    Args:
        model: A trained model with attention.
        stream: The posts.
        posts: Ids of the posts to predict; see :func:`predict_popularity`.

    Returns:
        A row for each post of each window, in the order of time: ``target``, the post that is predicted; ``post``;
        ``weight``, NaN for the target itself; ``label``, if it is known; ``category``; ``title`` and ``image``, if the
        stream has them. Weights of a target add up to 1.

    Raises:
        UsageError: The model has no attention; otherwise as :func:`predict_popularity`.
        UnknownNameError: As :func:`predict_popularity`.
    """
    chosen = _choose(model, stream, posts)
    weights = model.earlier_weights(stream, chosen) if isinstance(model, WindowModel) else None
    if weights is None:
        raise UsageError(f"{type(model).__name__} does not weigh earlier posts.")
    length = weights.size(1) + 1
    post = chosen.unsqueeze(1) + torch.arange(1 - length, 1)
    target = chosen.unsqueeze(1).expand_as(post)
    there = post >= 0
    row, category = post[there].numpy(), stream.category[post[there]].numpy()
    weight = torch.cat([weights, torch.full((chosen.numel(), 1), math.nan)], 1)
    columns: dict[str, Any] = {
        "target": stream.post_ids[target[there].numpy()],
        "post": stream.post_ids[row],
        "weight": weight[there].numpy(),
        "label": stream.y[post[there]].numpy(),
    }
    names = np.append(stream.category_ids, "")
    columns["category"] = names[category]
    columns |= {name: stream["post"][name][row] for name in ("title", "image") if name in stream["post"]}
    return pd.DataFrame(columns)


def find_new_posts(stream: PostStream) -> Tensor:
    """Returns the posts without a label, or the targets of the stream if all have one, ``[M]`` int64."""
    unknown = stream.y.isnan().nonzero().view(-1)
    return unknown if unknown.numel() else stream.targets


def _choose(model: PopularityModel, stream: PostStream, posts: Sequence[str] | None) -> Tensor:
    """Returns the numbers of posts with these ids."""
    if not isinstance(model, PopularityModel):
        raise UsageError(f"{type(model).__name__} does not predict the popularity of posts.")
    require_stream(stream, "stream")
    model.require_trained()
    if posts is None:
        return find_new_posts(stream)
    if isinstance(posts, str):
        raise UsageError(argument="posts", value=posts, reason="give a list of ids")
    position = pd.Index(stream.post_ids).get_indexer(pd.Index(list(posts), dtype=object)).astype(np.int64)
    if (position < 0).any():
        missing = list(posts)[int(np.flatnonzero(position < 0)[0])]
        raise UnknownNameError(f"{stream.name} has no post {shorten(str(missing))!r}; give ids of its posts.")
    return torch.from_numpy(position)


def _warn_about_training_posts(model: PopularityModel, stream: PostStream, posts: Tensor) -> None:
    """Logs how many of the posts the model was trained on, and how many are earlier than those of the training."""
    trained = model.is_trained_on(stream)
    known = int(trained[posts].sum())
    if known:
        has_labels = bool(stream.y.isfinite().any())
        logger.warning(
            "%s: %sthe model was trained on %s of these %s, and its errors on them say little about new posts.%s",
            stream.name,
            "no post is without a label, so that posts with labels are predicted; " if has_labels else "",
            f"{known:,}",
            counted(posts.numel(), "post"),
            " Leave the labels of new posts empty." if has_labels else "",
        )
        return
    if not bool(trained.any()):
        return
    early = int((posts < trained.nonzero().max()).sum())  # posts are in the order of time
    if early:
        logger.warning(
            "%s: %s of the %s to predict are earlier than posts of the training, so that intervals, which are from "
            "later posts, may not hold for them.",
            stream.name,
            f"{early:,}",
            counted(posts.numel(), "post"),
        )


def _warn_about_new_users(model: PopularityModel, stream: PostStream, posts: Tensor) -> None:
    """Logs how many of the posts are by users without a post in the training."""
    if model.hides_users:
        return
    new = int((model.match_users(stream)[stream.user[posts]] == model.num_users).sum())
    if new:
        logger.warning(
            "%s: %s of %s posts are by users who are new to the model, so that it predicts them from the other inputs.",
            stream.name,
            f"{new:,}",
            f"{posts.numel():,}",
        )


def _warn_about_short_windows(model: PopularityModel, stream: PostStream, posts: Tensor) -> None:
    """Logs how many of the posts lack earlier posts, if the stream begins after the posts of the training."""
    if not isinstance(model, WindowModel) or bool(model.is_trained_on(stream).any()):
        return
    short = int((posts < model.length - 1).sum())
    if short:
        logger.warning(
            "%s: %s of %s posts have fewer than %s posts before them, which %s reads; add the earlier posts to the "
            "data.",
            stream.name,
            f"{short:,}",
            f"{posts.numel():,}",
            f"{model.length - 1:,}",
            type(model).__name__,
        )


def _warn_about_missing_unit(model: PopularityModel, stream: PostStream) -> None:
    """Logs that times without a unit are taken as seconds, if those of the training had a unit."""
    if model.time_unit is not None and stream.time_unit is None:
        logger.warning(
            "%s: its times have no unit, and those of the model's training have one; they are taken as seconds since "
            "1970. If they have another unit, state it when the posts are read (--time-unit, in Python time_unit=).",
            stream.name,
        )


def _name_posts(stream: PostStream, post: int, weight: Tensor, k: int) -> str:
    first = post - weight.numel()
    best = weight.topk(min(k, weight.numel()))
    shown = zip(best.values.tolist(), best.indices.tolist(), strict=True)
    return ", ".join(f"{stream.post_ids[first + step]} ({value:.2f})" for value, step in shown if value > 0)
