from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

__all__ = ["RawRetweets"]

Strings = npt.NDArray[np.object_]
Numbers = npt.NDArray[np.float64]


def _row(table: str, row: int) -> str:
    return f"{table}, row {row + 1}"


@dataclass(frozen=True, eq=False)
class RawRetweets:
    """Users, links, tweets and retweets by their ids, before :func:`~graphcascade.data.check_retweets` checks them.

    Args:
        user: Ids of the users, ``[U]`` strings.
        follower: Id of the follower of each link, ``[S]``.
        followee: Id of the user who is followed, ``[S]``.
        tweet: Ids of the tweets, ``[T]``.
        retweeter: Id of the user of each retweet, ``[R]``.
        retweeted: Id of the tweet, ``[R]``.
        author: Id of each tweet's author, ``[T]``, "" if unknown; or ``None`` if all are unknown.
        post_time: Time of each tweet, ``[T]``; or ``None`` if times are unknown.
        retweet_time: Time of each retweet, ``[R]``; or ``None``.
        part: Part of a published split that each retweet is in, ``[R]`` int8: 0 train, 1 validation, 2 test.
        text: Text of each tweet, ``[T]`` strings, "" if it has none.
        image: Path of each tweet's image, ``[T]`` strings, "" if it has none.
        time_unit: Unit of the times.
        times_are_dates: Whether the times were read from dates; they are seconds since 1970 then (UTC).
        missing_images: Number of images whose files are missing and that the reader left out.
        invalid_rows: Number of invalid rows by reason, which the reader left out.
        where: Returns the place of a row of "users", "follows", "tweets" or "retweets" for messages.
        name: Name of the network in reports and messages.
    """

    user: Strings
    follower: Strings
    followee: Strings
    tweet: Strings
    retweeter: Strings
    retweeted: Strings
    author: Strings | None = None
    post_time: Numbers | None = None
    retweet_time: Numbers | None = None
    part: npt.NDArray[np.int8] | None = None
    text: Strings | None = None
    image: Strings | None = None
    time_unit: str | None = None
    times_are_dates: bool = False
    missing_images: int = 0
    invalid_rows: Mapping[str, int] = field(default_factory=dict)
    where: Callable[[str, int], str] = _row
    name: str = "retweets"
