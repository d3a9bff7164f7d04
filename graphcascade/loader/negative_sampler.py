from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args

import torch
from torch import Generator, Tensor

from graphcascade.data import RetweetNetwork
from graphcascade.data.retweets.exposure import Exposure
from graphcascade.data.segments import segment_ids, segment_ptr
from graphcascade.data.sorted_keys import contains
from graphcascade.errors import UsageError

__all__ = ["CandidateSet", "NegativeSampler", "check_candidates"]

CandidateSet = Literal["followees", "exposed", "uniform"]
Pools = tuple[int, Tensor, Tensor]  # first user, tweets of this and the following users, their boundaries

MAX_KEPT = 1 << 24  # candidates of all users that are kept between draws; 128 MB


def check_candidates(candidates: str) -> None:
    """Raises an error if there is no such set of candidates.

    Raises:
        UsageError: There is none; the message lists the sets.
    """
    if candidates not in get_args(CandidateSet):
        known = ", ".join(map(repr, get_args(CandidateSet)))
        raise UsageError(argument="candidates", value=candidates, reason=f"use one of {known}")


class NegativeSampler:
    """Draws tweets that users did not retweet.

    With ``"followees"`` and ``"exposed"`` these are tweets that a followee posted or retweeted, each with the same
    probability (AMNL paper, Section 2.1: "more likely to be seen but disliked"); with ``"uniform"``, all tweets. Tweets
    that a user retweeted or posted are never drawn for this user.

    Users x tweets are never formed: the candidates of users are listed in portions, and kept only if there are at most
    16.8 million (2**24) of them.

    Args:
        network: Its posts and known retweets say what reached whom, and what is no negative.
        candidates: Set of candidates.

    Raises:
        UsageError: The set is unknown.
    """

    def __init__(self, network: RetweetNetwork, candidates: CandidateSet = "followees") -> None:
        check_candidates(candidates)
        self.candidates = candidates
        self._num_tweets = network.num_tweets
        pairs = torch.cat([network.retweets, network.posts], dim=1)
        self._excluded = torch.unique(pairs[0] * network.num_tweets + pairs[1])
        self._excluded_ptr = torch.searchsorted(
            self._excluded, torch.arange(network.num_users + 1) * network.num_tweets
        )
        self._kept: list[Pools] | None = None
        self.exposure = Exposure.from_network(network)
        if candidates == "uniform":
            self.num_candidates = network.num_tweets - self._excluded_ptr.diff()
        else:
            self.num_candidates = self._count_and_keep()
        """Number of different tweets that can be drawn for each user, ``[num_users]``."""

    def draw(self, user: Tensor, generator: Generator) -> Tensor:
        """Draws a negative for each user.

        Args:
            user: Users, ``[E]`` int64.
            generator: Source of random numbers; exactly E numbers are drawn from it.

        Returns:
            Tweets, ``[E]`` int64; -1 for a user without candidates.
        """
        share = torch.rand(user.numel(), generator=generator, dtype=torch.float64)
        if self.candidates == "uniform":
            return self._pick_uniform(user, share)
        result = torch.full_like(user, -1)
        ordered, order = torch.sort(user, stable=True)
        for first, tweet, ptr in self._pools():
            ends = torch.tensor([first, first + ptr.numel() - 1])
            low, high = torch.searchsorted(ordered, ends).tolist()
            row, number = order[low:high], ordered[low:high] - first
            size = ptr.diff()[number]
            pick = ptr[number] + (share[row] * size).long()
            found = size > 0
            result[row[found]] = tweet[pick[found]]
        return result

    def _pick_uniform(self, user: Tensor, share: Tensor) -> Tensor:
        """Picks the tweet with a given rank among those that are not excluded, without listing them.

        The i-th excluded tweet e_i of a user, from 0, has e_i - i others before it. So the tweet of rank r is r plus
        the number of i with e_i - i <= r.
        """
        tweet = self._excluded % self._num_tweets
        owner = segment_ids(self._excluded_ptr)
        position = torch.arange(tweet.numel()) - self._excluded_ptr[owner]
        before = owner * self._num_tweets + tweet - position  # never decreases
        rank = (share * self.num_candidates[user]).long()
        later = torch.searchsorted(before, user * self._num_tweets + rank, right=True)
        result = rank + later - self._excluded_ptr[user]
        return torch.where(self.num_candidates[user] > 0, result, -1)

    def _pools(self) -> Iterator[Pools]:
        if self._kept is not None:
            yield from self._kept
            return
        users = torch.arange(self._excluded_ptr.numel() - 1)
        for rows, tweet, ptr in self.exposure.pools(users):
            owner = segment_ids(ptr)
            kept = ~contains(self._excluded, (owner + rows.start) * self._num_tweets + tweet)
            counts = torch.bincount(owner[kept], minlength=rows.stop - rows.start)
            yield rows.start, tweet[kept], segment_ptr(counts)

    def _count_and_keep(self) -> Tensor:
        counts, kept, total = [], [], 0
        for pools in self._pools():
            counts.append(pools[2].diff())
            total += pools[1].numel()
            if total <= MAX_KEPT:
                kept.append(pools)
            else:
                kept.clear()
        if total <= MAX_KEPT:
            self._kept = kept
        return torch.cat(counts) if counts else torch.empty(0, dtype=torch.long)
