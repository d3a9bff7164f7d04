from __future__ import annotations

import torch
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, ScalarFormatter

from graphcascade.data import CascadeDataset
from graphcascade.report.style import BLUE, quiet_axes

__all__ = ["plot_sizes"]


def plot_sizes(dataset: CascadeDataset, ax: Axes) -> None:
    """Draws which share of the cascades has at least so many users; on logarithmic axes where sizes differ much."""
    size, count = torch.unique(dataset.table.size, return_counts=True)
    share = count.flip(0).cumsum(0).flip(0) / count.sum()
    ax.plot(size, share, drawstyle="steps-pre", marker="o", markersize=3, color=BLUE)
    if int(size.max()) > 50:
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.xaxis.set_major_formatter(ScalarFormatter())
    else:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        ax.set_ylim(0, 1.05)
    ax.set_xlabel("users in the cascade, at least")
    ax.set_ylabel("share of cascades")
    ax.set_title("How far cascades get")
    ax.grid(alpha=0.25)
    quiet_axes(ax)
