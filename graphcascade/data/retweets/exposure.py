"""Which tweets reached a user: the tweets that their followees posted or retweeted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch_geometric.data import HeteroData

from graphcascade.data.retweets.schema import FOLLOWS, POSTS, RETWEETS, TWEET, USER
from graphcascade.data.segments import expand_ranges, portions, segment_ids, segment_ptr
from graphcascade.data.sorted_keys import contains

__all__ = ["Exposure"]

MAX_EXPANDED = 1 << 22  # pairs of a user and a tweet that are held at once; about 150 MB


class Exposure(NamedTuple):
    """Followees of each user, and the tweets that each user posted or retweeted, in compressed rows.

    Tweets reach a user through followees, at whatever time they passed them on, because data without times have no
    order. Memory is that of the links, posts and retweets; users x tweets are never formed.

    Args:
        followee: Followees, sorted by follower, ``[S]``.
        followee_ptr: Boundaries of the followers' links, ``[U + 1]``.
        tweet: Tweets that were passed on, sorted by user, then by tweet, without repeats, ``[M]``.
        tweet_ptr: Boundaries of the users' tweets, ``[U + 1]``.
        num_tweets: Number of tweets T.
    """

    followee: Tensor
    followee_ptr: Tensor
    tweet: Tensor
    tweet_ptr: Tensor
    num_tweets: int

    @classmethod
    def from_network(cls, network: HeteroData) -> Exposure:
        """Sorts the follow links, posts and known retweets of a network."""
        num_users, num_tweets = int(network[USER].num_nodes), int(network[TWEET].num_nodes)
        follower, followee = network[FOLLOWS].edge_index
        order = torch.argsort(follower, stable=True)
        pairs = torch.cat([network[POSTS].edge_index, network[RETWEETS].edge_index], dim=1)
        key = torch.unique(pairs[0] * max(num_tweets, 1) + pairs[1])
        user = key.div(max(num_tweets, 1), rounding_mode="floor")
        return cls(
            followee[order],
            segment_ptr(torch.bincount(follower, minlength=num_users)),
            key - user * num_tweets,
            segment_ptr(torch.bincount(user, minlength=num_users)),
            num_tweets,
        )

    @property
    def has_followees(self) -> Tensor:
        """Whether each user follows somebody, ``[U]`` bool."""
        return self.followee_ptr.diff() > 0

    def reaches(self, user: Tensor, tweet: Tensor) -> Tensor:
        """Returns whether a followee of each user passed on the tweet at the same position.

        Args:
            user: Users, ``[E]``.
            tweet: Tweets, ``[E]``.

        Returns:
            ``[E]`` bool.
        """
        passed = segment_ids(self.tweet_ptr) * self.num_tweets + self.tweet
        result = torch.zeros(user.numel(), dtype=torch.bool)
        start, stop = self.followee_ptr[user], self.followee_ptr[user + 1]
        for rows in portions(stop - start, MAX_EXPANDED):
            link, ptr = expand_ranges(start[rows], stop[rows])
            row = segment_ids(ptr)
            found = contains(passed, self.followee[link] * self.num_tweets + tweet[rows][row])
            result[rows.start + row[found]] = True
        return result

    def pools(self, user: Tensor) -> Iterator[tuple[slice, Tensor, Tensor]]:
        """Yields for portions of the users the different tweets that reached each of them.

        Args:
            user: Users, ``[B]``.

        Yields:
            The slice of ``user``, the tweets ``[M']``, sorted within each user, and their boundaries ``[B' + 1]``.
        """
        passed = segment_ptr(self.tweet_ptr.diff()[self.followee])  # tweets of all followees up to each link
        size = passed[self.followee_ptr[user + 1]] - passed[self.followee_ptr[user]]
        for rows in portions(size, MAX_EXPANDED):
            link, ptr = expand_ranges(self.followee_ptr[user[rows]], self.followee_ptr[user[rows] + 1])
            source = self.followee[link]
            index, index_ptr = expand_ranges(self.tweet_ptr[source], self.tweet_ptr[source + 1])
            row = segment_ids(ptr)[segment_ids(index_ptr)]
            key = torch.unique(row * self.num_tweets + self.tweet[index])
            row = key.div(max(self.num_tweets, 1), rounding_mode="floor")
            counts = torch.bincount(row, minlength=rows.stop - rows.start)
            yield rows, key - row * self.num_tweets, segment_ptr(counts)
