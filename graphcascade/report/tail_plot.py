from __future__ import annotations

import torch
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter
from torch import Tensor

from graphcascade.report.style import BLUE, style_axes

__all__ = ["plot_tail"]

WIDE = 50  # above this maximum, axes are logarithmic


def plot_tail(count: Tensor, ax: Axes, noun: str, owner: str) -> None:
    """Draws the share of counts that are at least each number; the axes are logarithmic for a wide range of counts.

    Args:
        count: Counts, ``[N]``, at least 1 each.
        ax: Axes to draw on.
        noun: What is counted, such as "users".
        owner: What has the counts, such as "cascades".
    """
    size, number = torch.unique(count, return_counts=True)
    share = number.flip(0).cumsum(0).flip(0) / number.sum()
    ax.plot(size, share, drawstyle="steps-pre", marker="o", markersize=3, color=BLUE)
    if int(size.max()) > WIDE:
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        if int(size.max()) < 10 * int(size.min()):
            ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))  # a power of 10 may be missing
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_minor_formatter(NullFormatter())  # their labels would overlap
    else:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        ax.set_ylim(0, 1.05)
    ax.set_xlabel(f"minimum number of {noun}")
    ax.set_ylabel(f"share of {owner}")
    ax.grid(alpha=0.25)
    style_axes(ax)
