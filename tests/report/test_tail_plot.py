from __future__ import annotations

import torch
from matplotlib.figure import Figure

from graphcascade.report import plot_tail


def test_the_share_of_counts_that_are_at_least_each_number() -> None:
    ax = Figure().subplots()
    plot_tail(torch.tensor([1, 1, 2, 4]), ax, "retweets", "tweets")
    assert ax.lines[0].get_xydata().tolist() == [[1, 1.0], [2, 0.5], [4, 0.25]]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("minimum number of retweets", "share of tweets")
    assert ax.get_xscale() == "linear"
    wide = Figure().subplots()
    plot_tail(torch.tensor([1, 51]), wide, "retweets", "tweets")
    assert (wide.get_xscale(), wide.get_yscale()) == ("log", "log")
    wide.figure.draw_without_rendering()
    low, high = wide.get_xlim()
    shown = [label.get_text() for label in wide.get_xticklabels() if low <= label.get_position()[0] <= high]
    assert shown == ["1", "10"]
