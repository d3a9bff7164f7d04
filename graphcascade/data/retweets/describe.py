from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch_geometric.data import HeteroData

from graphcascade.data.retweets.exposure import Exposure
from graphcascade.data.retweets.schema import FOLLOWS, POSTS, RETWEETS, TWEET, USER

__all__ = ["describe_network"]


def describe_network(network: HeteroData, exposure: bool = True) -> dict[str, Any]:
    """Returns the statistics of a network, by their names; see :meth:`RetweetNetwork.describe`.

    Args:
        network: The network.
        exposure: Whether to count the retweets that reached their users through followees, which takes longest.
    """
    users, tweets = int(network[USER].num_nodes), int(network[TWEET].num_nodes)
    follows, posts, retweets = (network[key].edge_index for key in (FOLLOWS, POSTS, RETWEETS))
    followees = torch.bincount(follows[0], minlength=users)
    retweeting = retweets[0].unique().numel()
    retweeted = retweets[1].unique().numel()
    figures: dict[str, object] = {
        "users": users,
        "tweets": tweets,
        "follow links": follows.size(1),
        "followees per follower": _mean(follows.size(1), int((followees > 0).sum())),
        "most followees": int(followees.max()) if users else 0,
        "users without followees": int((followees == 0).sum()),
        "retweets": retweets.size(1),
        "retweets per tweet": _mean(retweets.size(1), tweets),
        "retweets per retweeting user": _mean(retweets.size(1), retweeting),
        "retweeting users": retweeting,
        "users without retweets": users - retweeting,
        "tweets without retweets": tweets - retweeted,
        "tweets without an author": tweets - posts.size(1),
    }
    if exposure:
        reached = Exposure.from_network(network).reaches(*retweets).double()
        share = round(float(reached.mean()), 4) if reached.numel() else None
        figures["share of retweets that reached the user through a followee"] = share
    text, image = network[TWEET].get("text"), network[TWEET].get("image")
    if text is not None:
        words = np.array([len(entry.split()) for entry in text])
        figures["words per text"] = round(float(words[words > 0].mean()), 4) if (words > 0).any() else None
        figures["standard deviation of words"] = round(float(words[words > 0].std()), 4) if (words > 0).any() else None
        figures["tweets without text"] = int((words == 0).sum())
    if image is not None:
        figures["tweets without an image"] = int((image == "").sum())
    time = network[RETWEETS].get("time")
    if time is not None and time.numel():
        figures["first retweet"] = float(time.min())
        figures["last retweet"] = float(time.max())
    part = network[RETWEETS].get("part")
    if part is not None:
        for number, name in enumerate(("train", "validation", "test")):
            figures[f"{name} retweets in the files"] = int((part == number).sum())
    return figures


def _mean(total: int, count: int) -> float | None:
    return round(total / count, 4) if count else None
