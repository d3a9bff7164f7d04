from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from graphcascade.data.cascades.split import Split, SplitMethod
from graphcascade.data.invalid_rows import invalid_row_figures
from graphcascade.data.numbered_ids import numbered_ids
from graphcascade.data.retweets.describe import describe_network
from graphcascade.data.retweets.retweet_repairs import RetweetRepairs
from graphcascade.data.retweets.retweet_splits import hash_retweets, split_retweets
from graphcascade.data.retweets.schema import FOLLOWS, POSTS, RETWEETS, TWEET, USER, find_post_time, find_problem
from graphcascade.data.split_graph import SplitGraph
from graphcascade.errors import UsageError
from graphcascade.value_types import check_numbers

__all__ = ["RetweetNetwork"]

Strings = npt.NDArray[np.object_]


class RetweetNetwork(SplitGraph):
    """Users, image tweets, who follows whom, who posted what, and who retweeted what.

    This is the heterogeneous image retweet modeling (IRM) network of the "`Attentional Image Retweet Modeling via
    Multi-Faceted Ranking Network Learning <https://doi.org/10.24963/ijcai.2018/442>`_" paper (Zhao et al., 2018,
    Section 2.1). An edge type reads as a sentence:

    - ``("user", "follows", "user")``: ``edge_index [2, S]`` from follower to followee. Information flows the other way.
    - ``("user", "posts", "tweet")``: ``edge_index [2, P]``, at most one author a tweet; ``time [P]``.
    - ``("user", "retweets", "tweet")``: ``edge_index [2, R]``, sorted by user, then by time; ``time [R]``; ``part [R]``
      int8 of a published split (0 train, 1 validation, 2 test).

    A part of a split, from :meth:`splits`, has the same nodes, follow links and posts. Its retweets are those that are
    known to whoever has to predict, so that a graph built from it holds no answer: the training retweets, and in the
    test part those of validation as well. The retweets to learn from or to predict are ``edge_label_index [2, L]`` and
    ``edge_label_time [L]`` of the same store, as in PyG's ``RandomLinkSplit``.

    Args:
        follows: Follow links, ``[2, S]`` int64, from follower to followee.
        posts: Posts, ``[2, P]`` int64, user and tweet.
        retweets: Retweets, ``[2, R]`` int64, user and tweet.
        num_users: Number of users U.
        num_tweets: Number of tweets T.
        post_time: Times of the posts in ``time_unit``, ``[P]`` float64.
        retweet_time: Times of the retweets, ``[R]`` float64.
        part: Part of a published split that each retweet is in, ``[R]`` int8.
        user_ids: Ids of the users, ``[U]`` strings; "0", "1", ... by default.
        tweet_ids: Ids of the tweets, ``[T]`` strings.
        text: Text of each tweet, ``[T]`` strings; "" if it has none.
        image: Path of each tweet's image, ``[T]`` strings; "" if it has none.
        x_image: Features of the images, ``[T, D]`` float32.
        x_text: Features of the texts, ``[T, D]`` float32.
        time_unit: Unit of the times, or ``None`` if it is not known.
        times_are_dates: Whether the times were read from dates; they are seconds since 1970 then (UTC).
        name: Name of the network in reports.
        repairs: Counts of the repairs made while reading.

    Example:
        >>> network = RetweetNetwork(
        ...     follows=torch.tensor([[0], [1]]),
        ...     posts=torch.tensor([[1, 1], [0, 1]]),
        ...     retweets=torch.tensor([[0], [1]]),
        ... )
        >>> network.num_users, network.num_tweets, network.num_supervised
        (2, 2, 1)
    """

    def __init__(
        self,
        follows: Tensor | None = None,
        posts: Tensor | None = None,
        retweets: Tensor | None = None,
        num_users: int | None = None,
        num_tweets: int | None = None,
        post_time: Tensor | None = None,
        retweet_time: Tensor | None = None,
        part: Tensor | None = None,
        user_ids: Strings | None = None,
        tweet_ids: Strings | None = None,
        text: Strings | None = None,
        image: Strings | None = None,
        x_image: Tensor | None = None,
        x_text: Tensor | None = None,
        time_unit: str | None = None,
        times_are_dates: bool = False,
        name: str = "retweets",
        repairs: RetweetRepairs | None = None,
    ) -> None:
        super().__init__(name, time_unit)
        self.__dict__["_repairs"] = repairs or RetweetRepairs()
        if times_are_dates:
            self._global_store["times_are_dates"] = True
        if retweets is None:  # PyG makes an empty object before it fills it
            return
        none = torch.empty(2, 0, dtype=torch.long)
        follows, posts = none if follows is None else follows, none if posts is None else posts
        if num_users is None:
            num_users = len(user_ids) if user_ids is not None else _size(follows, posts[:1], retweets[:1])
        if num_tweets is None:
            num_tweets = len(tweet_ids) if tweet_ids is not None else _size(posts[1:], retweets[1:])
        self[USER].num_nodes, self[TWEET].num_nodes = num_users, num_tweets
        self[USER].ids = numbered_ids(num_users) if user_ids is None else user_ids
        self[TWEET].ids = numbered_ids(num_tweets) if tweet_ids is None else tweet_ids
        for key, value in {"text": text, "image": image, "x_image": x_image, "x_text": x_text}.items():
            if value is not None:
                self[TWEET][key] = value
        self[FOLLOWS].edge_index = follows
        self[POSTS].edge_index = posts
        if post_time is not None:
            self[POSTS].time = post_time
        order = torch.arange(retweets.size(1)) if retweet_time is None else torch.argsort(retweet_time, stable=True)
        order = order[torch.argsort(retweets[0, order], stable=True)]
        self[RETWEETS].edge_index = retweets[:, order]
        if retweet_time is not None:
            self[RETWEETS].time = retweet_time[order]
        if part is not None:
            self[RETWEETS].part = part[order]

    # Sizes and fields -------------------------------------------------------------------------------------------------

    @property
    def times_are_dates(self) -> bool:
        """Whether the times were read from dates; they are seconds since 1970 then (UTC)."""
        return bool(self._global_store.get("times_are_dates", False))

    @property
    def num_users(self) -> int:
        return int(self[USER].num_nodes)

    @property
    def num_tweets(self) -> int:
        return int(self[TWEET].num_nodes)

    @property
    def num_supervised(self) -> int:
        """Number of retweets to learn from or to predict."""
        return self.supervised.size(1)

    @property
    def user_ids(self) -> Strings:
        """Ids of the users, ``[num_users]`` strings."""
        ids: Strings = self[USER].ids
        return ids

    @property
    def tweet_ids(self) -> Strings:
        """Ids of the tweets, ``[num_tweets]`` strings."""
        ids: Strings = self[TWEET].ids
        return ids

    @property
    def follows(self) -> Tensor:
        """Follow links from follower to followee, ``[2, S]``."""
        edge_index: Tensor = self[FOLLOWS].edge_index
        return edge_index

    @property
    def posts(self) -> Tensor:
        """Authors and their tweets, ``[2, P]``."""
        edge_index: Tensor = self[POSTS].edge_index
        return edge_index

    @property
    def retweets(self) -> Tensor:
        """Known retweets, ``[2, R]``, sorted by user: of a part of a split, those from which its own are predicted."""
        edge_index: Tensor = self[RETWEETS].edge_index
        return edge_index

    @property
    def supervised(self) -> Tensor:
        """Retweets to learn from or to predict, ``[2, L]``, sorted by user: all of them without a split."""
        edge_index: Tensor = self[RETWEETS].get("edge_label_index", self.retweets)
        return edge_index

    @property
    def post_time(self) -> Tensor | None:
        """Time of each tweet's post, ``[num_tweets]``, minus infinity if unknown; ``None`` if all are unknown."""
        return find_post_time(self)

    @property
    def seen(self) -> Tensor:
        """Users who retweet in :attr:`supervised`, ``[num_users]`` bool."""
        seen = torch.zeros(self.num_users, dtype=torch.bool)
        seen[self.supervised[0]] = True
        return seen

    @property
    def fingerprints(self) -> Tensor:
        """A number for each retweet in :attr:`supervised`, ``[L]`` int64, from the ids of its user and tweet."""
        return hash_retweets(self, self.supervised)

    @property
    def repairs(self) -> RetweetRepairs:
        """Counts of the repairs made while reading."""
        repairs: RetweetRepairs = self._repairs
        return repairs

    # Splits -----------------------------------------------------------------------------------------------------------

    @check_numbers
    def splits(
        self, train: float = 0.8, method: SplitMethod | None = None, validation: float = 0.1, seed: int = 0
    ) -> tuple[RetweetNetwork, RetweetNetwork, RetweetNetwork]:
        """Splits the retweets of each user into train, validation and test.

        Of a user's n retweets, ``max(1, floor(train * n))`` are for training, the others for the test (AMNL paper,
        Section 3.1). Of those for training, the share ``validation``, rounded, is taken from the end, but never the
        last one.

        Args:
            train: Share of a user's retweets for training and validation.
            method: ``"chronological"`` takes the earliest retweets of each user for training (the default for networks
                with times); ``"random"`` draws them (the default without times); ``"files"`` is the published split
                (the default where there is one; if it has no validation part, this is taken from training).
            validation: Share of the training retweets that is for validation.
            seed: Seed of the random draws.

        Returns:
            Three views of this network, with the same nodes, follow links and posts.

        Raises:
            UsageError: A share is not between 0 and 1; the method does not apply to the network; the network is a part
                of a split already.
            DataError: No retweet is left for the test, or for validation if its share is above 0.
        """
        if self.split is not None:
            raise UsageError(f"{self.name}: this is the {self.split.part} part of a split; split the whole network.")
        part, splits = split_retweets(self, train, method, validation, seed)
        views = [self._view(part < max(number, 1), part == number, split) for number, split in enumerate(splits)]
        return views[0], views[1], views[2]

    def _view(self, known: Tensor, supervised: Tensor, split: Split) -> RetweetNetwork:
        view = self._part(split)
        store, whole = view[RETWEETS], self[RETWEETS]
        store.edge_index = whole.edge_index[:, known]
        store.edge_label_index = whole.edge_index[:, supervised]
        if "time" in whole:
            store.time = whole.time[known]
            store.edge_label_time = whole.time[supervised]
        store.pop("part", None)
        return view

    # Checks and statistics --------------------------------------------------------------------------------------------

    def _find_problem(self) -> str | None:
        return find_problem(self)

    def describe(self) -> pd.Series[Any]:
        """Returns the figures of the AMNL paper's Section 3.1, and counts of what is missing and of repairs."""
        figures = describe_network(self)
        figures["time unit"] = self.time_unit or "not stated"
        if self.split is not None:
            figures["part"] = self.split.part
            figures["retweets of this part"] = self.num_supervised
        figures["repeated links, repaired"] = self.repairs.repeated_follows
        figures["links from a user to itself, left out"] = self.repairs.self_follows
        figures["repeated retweets, repaired"] = self.repairs.repeated_retweets
        figures["missing images, replaced"] = self.repairs.missing_images
        figures |= invalid_row_figures(self.repairs.invalid_rows)
        return pd.Series(figures, name=self.name, dtype=object)


def _size(*ends: Tensor) -> int:
    return max((int(end.max()) + 1 for end in ends if end.numel() > 0), default=0)
