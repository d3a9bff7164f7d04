from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from graphcascade.data import RetweetNetwork
from graphcascade.errors import StorageError, UnknownNameError
from graphcascade.report import write_recommendations


def strings(*values: str) -> np.ndarray:
    return np.array(values, dtype=object)


@pytest.fixture
def network() -> RetweetNetwork:
    # ann follows bob and cid; bob posted t0 and t1, dan t2; cid retweeted t1, ann t2 and then t0.
    return RetweetNetwork(
        follows=torch.tensor([[0, 0], [1, 2]]),
        posts=torch.tensor([[1, 1, 3], [0, 1, 2]]),
        retweets=torch.tensor([[0, 0, 2], [0, 2, 1]]),
        retweet_time=torch.tensor([2.0, 1.0, 1.5], dtype=torch.float64),
        post_time=torch.zeros(3, dtype=torch.float64),
        user_ids=strings("ann", "bob", "cid", "dan"),
        tweet_ids=strings("t0", "t1", "t2"),
        text=strings("a dog", "blue <sky>", ""),
        name="mine",
    )


def recommended() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "user": ["ann", "bob"],
            "rank": [1, 1],
            "tweet": ["t1", "t2"],
            "score": [0.5, -1.25],
            "followees": ["cid (0.62), bob (0.38)", ""],
        }
    )


def plain(path: Path) -> str:
    return " ".join(re.sub(r"<[^>]+>", "|", path.read_text(encoding="utf-8").partition("<main>")[2]).split())


def test_a_page_explains_the_tweets_of_a_user(network: RetweetNetwork, tmp_path: Path) -> None:
    text = plain(write_recommendations(recommended(), network, tmp_path / "page.html"))
    assert "|For user ann|" in text
    assert "Follows 2 users, retweeted 2 tweets. Followees with the largest weights: cid (0.62), bob (0.38)." in text
    card = text.partition("|1. tweet t1|")[2].partition("Last retweets of user ann")[0]
    for part in ("blue &lt;sky&gt;", "score 0.500", "posted by bob, a followee", "retweeted by the followee cid"):
        assert part in card
    assert "For user bob" not in text  # he has retweeted nothing
    before = text.partition("Last retweets of user ann")[2]
    assert before.index("|tweet t0|") < before.index("|tweet t2|")  # the last one first
    assert "posted by dan|" in before


def test_users_are_chosen_by_their_ids(network: RetweetNetwork, tmp_path: Path) -> None:
    table = recommended().drop(columns="followees")
    text = plain(write_recommendations(table, network, tmp_path / "page.html", ["bob"], "Title", "footer"))
    assert "For user bob" in text
    assert "For user ann" not in text
    assert "Follows 0 users, retweeted 0 tweets.|" in text
    assert "Last retweets" not in text
    assert "followees that weigh" not in text
    with pytest.raises(UnknownNameError, match="mine: there are no recommendations for a user 'eve'"):
        write_recommendations(table, network, tmp_path / "other.html", ["eve"])
    with pytest.raises(StorageError, match=r"page\.html"):
        write_recommendations(table, network, tmp_path / "page.html")


def test_users_who_follow_somebody_come_first(network: RetweetNetwork, tmp_path: Path) -> None:
    users = ["cid", "ann"]
    table = pd.DataFrame({"user": users, "rank": 1, "tweet": ["t0", "t1"], "score": [1.0, 2.0]})
    text = plain(write_recommendations(table, network, tmp_path / "page.html"))
    assert text.index("For user ann") < text.index("For user cid")
