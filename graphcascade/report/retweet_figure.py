from __future__ import annotations

import torch
from matplotlib.figure import Figure

from graphcascade.data import RetweetNetwork
from graphcascade.data.retweets.schema import TWEET
from graphcascade.plurals import counted
from graphcascade.report.tail_plot import plot_tail

__all__ = ["draw_retweets"]


def draw_retweets(network: RetweetNetwork) -> Figure:
    """Draws an overview of a network of retweets: retweets per tweet and user, followees, and words of the texts.

    Each panel shows the share of tweets or users that have at least so many, among those that have any.
    """
    counts = {
        ("retweets", "tweets with retweets"): torch.bincount(network.retweets[1]),
        ("retweets", "users with retweets"): torch.bincount(network.retweets[0]),
        ("followees", "users with followees"): torch.bincount(network.follows[0]),
    }
    text = network[TWEET].get("text")
    if text is not None:
        counts["words", "tweets with words"] = torch.tensor([len(entry.split()) for entry in text])
    counts = {key: count for key, count in counts.items() if bool((count > 0).any())}
    figure = Figure(figsize=(3.8 * len(counts), 3.8), layout="constrained")
    axes = figure.subplots(1, len(counts), squeeze=False)
    for ax, ((noun, owner), count) in zip(axes.flat, counts.items(), strict=True):
        plot_tail(count[count > 0], ax, noun, owner)
    figure.suptitle(
        f"{network.name}: {counted(network.num_users, 'user')}, {counted(network.num_tweets, 'tweet')}, "
        f"{counted(network.retweets.size(1), 'retweet')}",
        parse_math=False,
    )
    return figure
