from __future__ import annotations

import torch
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, ScalarFormatter

from graphcascade.data import CascadeDataset
from graphcascade.report.style import BLUE, style_axes

__all__ = ["plot_sizes"]


def plot_sizes(dataset: CascadeDataset, ax: Axes) -> None:
    """Draws the share of cascades of at least each size; the axes are logarithmic for a wide range of sizes."""
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
    ax.set_xlabel("minimum number of users")
    ax.set_ylabel("share of cascades")
    ax.set_title("Sizes of the cascades")
    ax.grid(alpha=0.25)
    style_axes(ax)
