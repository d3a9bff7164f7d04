from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["RankingProtocolOptions"]


@dataclass(frozen=True)
class RankingProtocolOptions:
    """Options of the protocol of retweets: how to split, and which tweets to rank (AMNL).

    Args:
        candidates: Tweets that held-out retweets are ranked among, and that training compares retweets with.
            "followees" draws tweets that the user's followees posted or retweeted, as the paper does; "exposed" does
            too, and only ranks retweets that reached the user in this way; "uniform" draws from all tweets; "all" ranks
            all tweets that the user has not retweeted yet.
        num_negatives: Number of tweets that are drawn for each retweet.
        train_share: Share of each user's retweets for training and validation; the rest is for the test.
        split: Which retweets of each user are for training: the earliest ones (chronological), random ones, or those
            that the files name in a column "part" (files). If not given, those that the files name; without such a
            column the earliest ones, and without times random ones.
    """

    heading = "ranking tweets (AMNL)"  # in the help

    candidates: Literal["followees", "exposed", "uniform", "all"] = "followees"
    num_negatives: int = 2
    train_share: float = 0.8
    split: Literal["chronological", "random", "files"] | None = None
