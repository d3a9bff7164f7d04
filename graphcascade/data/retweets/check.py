"""Checks of users, links, tweets and retweets: every network that is read from files passed them."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from graphcascade.data.retweets.describe import describe_network
from graphcascade.data.retweets.raw_retweets import RawRetweets
from graphcascade.data.retweets.retweet_network import RetweetNetwork
from graphcascade.data.retweets.retweet_repairs import RetweetRepairs
from graphcascade.errors import DataError, shorten
from graphcascade.plurals import counted

__all__ = ["check_retweets"]

logger = logging.getLogger(__name__)

IntArray = npt.NDArray[np.int64]


def check_retweets(raw: RawRetweets) -> RetweetNetwork:
    """Checks users, links, tweets and retweets, and returns them as a network.

    Repeated links, links from a user to itself, and repeated retweets (the earliest is kept) are left out and counted
    in :class:`~graphcascade.data.RetweetRepairs`. Users without followees or retweets, and tweets without text, image,
    author or retweets, are kept and counted. Both are logged, and repeated by ``describe()``.

    Args:
        raw: The tables.

    Raises:
        DataError: A table that must not be empty is empty; two users or two tweets have the same id; a link or a
            retweet names an unknown user or tweet; a time is missing, or not finite; a tweet is retweeted before it is
            posted. The message names the file and the line.
    """
    for table, ids, noun in (("users", raw.user, "user"), ("tweets", raw.tweet, "tweet")):
        _check_unique(raw, table, ids, noun)
    if raw.retweeter.size == 0:
        raise DataError(f"{raw.name}: there is no retweet.")
    users: pd.Index[Any] = pd.Index(raw.user)
    tweets: pd.Index[Any] = pd.Index(raw.tweet)
    follower = _find(raw, "follows", raw.follower, users, "follower", "users")
    followee = _find(raw, "follows", raw.followee, users, "followee", "users")
    user = _find(raw, "retweets", raw.retweeter, users, "user", "users")
    tweet = _find(raw, "retweets", raw.retweeted, tweets, "tweet", "tweets")
    authors = np.full(raw.tweet.size, "", dtype=object) if raw.author is None else raw.author
    posted: IntArray = np.flatnonzero(authors != "")
    author = _find(raw, "tweets", authors, users, "author", "users", posted)
    _check_times(raw, "tweets", raw.post_time, posted)
    _check_times(raw, "retweets", raw.retweet_time, np.arange(user.size))
    _check_order(raw, tweet)
    without_author = 0 if raw.post_time is None else int(np.isfinite(raw.post_time[authors == ""]).sum())
    if without_author:
        logger.warning(
            "%s: %s tweets have a time but no author; their times are checked, but not kept.", raw.name, without_author
        )

    links, self_follows, repeated_follows = _unique_links(follower, followee, len(users))
    kept = _unique_retweets(user * len(tweets) + tweet, raw.retweet_time)
    repairs = RetweetRepairs(
        repeated_follows, self_follows, user.size - kept.size, raw.missing_images, raw.invalid_rows
    )
    if repairs:
        logger.warning("%s: repaired: %s.", raw.name, repairs)
    network = RetweetNetwork(
        follows=torch.from_numpy(np.stack([follower, followee])[:, links]),
        posts=torch.from_numpy(np.stack([author, posted])),
        retweets=torch.from_numpy(np.stack([user, tweet])[:, kept]),
        num_users=len(users),
        num_tweets=len(tweets),
        post_time=_tensor(raw.post_time, posted),
        retweet_time=_tensor(raw.retweet_time, kept),
        part=None if raw.part is None else torch.from_numpy(raw.part[kept]),
        user_ids=raw.user,
        tweet_ids=raw.tweet,
        text=raw.text,
        image=raw.image,
        time_unit=raw.time_unit,
        times_are_dates=raw.times_are_dates,
        name=raw.name,
        repairs=repairs,
    )
    network.validate()
    _log_counts(network)
    return network


def _check_unique(raw: RawRetweets, table: str, ids: npt.NDArray[np.object_], noun: str) -> None:
    if ids.size == 0:
        raise DataError(f"{raw.name}: there is no {noun}.")
    number, _ = pd.factorize(ids)
    first = np.full(ids.size, ids.size)
    np.minimum.at(first, number, np.arange(ids.size))
    repeated = np.flatnonzero(first[number] < np.arange(ids.size))
    if repeated.size:
        row = int(repeated[0])
        raise DataError(
            f"{raw.where(table, row)}: the {noun} id {shorten(ids[row])!r} occurs before, at "
            f"{raw.where(table, int(first[number[row]]))} ({counted(repeated.size, 'such row')}); "
            f"keep one row for each {noun}."
        )


def _find(
    raw: RawRetweets,
    table: str,
    ids: npt.NDArray[np.object_],
    index: pd.Index[Any],
    noun: str,
    target: str,
    rows: IntArray | None = None,
) -> IntArray:
    """Returns the numbers of ids; those of the rows ``rows`` only, if they are given."""
    selected = ids if rows is None else ids[rows]
    number = index.get_indexer(pd.Index(selected)).astype(np.int64)
    unknown = np.flatnonzero(number < 0)
    if unknown.size:
        row = int(unknown[0]) if rows is None else int(rows[unknown[0]])
        raise DataError(
            f"{raw.where(table, row)}: the {noun} {shorten(ids[row])!r} is not in the table {target!r} "
            f"({counted(unknown.size, 'such row')}); add it there, or remove the row."
        )
    return number


def _check_times(raw: RawRetweets, table: str, time: npt.NDArray[np.float64] | None, rows: IntArray) -> None:
    if time is None:
        return
    wrong = rows[~np.isfinite(time[rows])]
    if wrong.size:
        row = int(wrong[0])
        problem = "is missing" if np.isnan(time[row]) else f"is {float(time[row])}"
        raise DataError(
            f"{raw.where(table, row)}: the time {problem} ({counted(wrong.size, 'such row')}); "
            "give each row a time, or leave out the whole column."
        )


def _check_order(raw: RawRetweets, tweet: IntArray) -> None:
    if raw.retweet_time is None or raw.post_time is None:
        return
    early = np.flatnonzero(raw.retweet_time < raw.post_time[tweet])  # an unknown time is NaN: never true
    if early.size:
        row = int(early[0])
        post = int(tweet[row])
        raise DataError(
            f"{raw.where('retweets', row)}: {shorten(raw.retweeter[row])!r} retweets {shorten(raw.retweeted[row])!r} "
            f"at {float(raw.retweet_time[row])!r}, before it is posted at {float(raw.post_time[post])!r} "
            f"({raw.where('tweets', post)}; {counted(early.size, 'such row')}); "
            "correct one of the times, or remove the row."
        )


def _unique_links(follower: IntArray, followee: IntArray, count: int) -> tuple[IntArray, int, int]:
    other = np.flatnonzero(follower != followee)
    _, first = np.unique(follower[other] * count + followee[other], return_index=True)
    return np.sort(other[first]), follower.size - other.size, other.size - first.size


def _unique_retweets(key: IntArray, time: npt.NDArray[np.float64] | None) -> IntArray:
    """Returns the rows to keep: the earliest retweet of each key, in the order of the table."""
    order = np.arange(key.size) if time is None else np.argsort(time, kind="stable")
    _, first = np.unique(key[order], return_index=True)
    return np.sort(order[first])


def _tensor(time: npt.NDArray[np.float64] | None, rows: IntArray) -> Tensor | None:
    return None if time is None else torch.from_numpy(time[rows])


def _log_counts(network: RetweetNetwork) -> None:
    figures = describe_network(network, exposure=False)
    nouns = (
        "users without followees",
        "users without retweets",
        "tweets without retweets",
        "tweets without an author",
        "tweets without text",
        "tweets without an image",
    )
    found = [f"{figures[noun]:,} {noun}" for noun in nouns if figures.get(noun)]
    if found:
        logger.info("%s: kept: %s.", network.name, ", ".join(found))
