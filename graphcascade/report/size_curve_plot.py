from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from graphcascade.report.style import style_axes

__all__ = ["plot_size_curves"]


def plot_size_curves(figures: pd.DataFrame, ax: Axes, xlabel: str, ylabel: str) -> None:
    """Draws a figure against the size of the data, with a line for each row of an experiment.

    Args:
        figures: Columns ``row``, ``size``, ``measured``, and ``std``: the standard deviation, or NaN if it is unknown.
        ax: Axes to draw on; sizes are on a logarithmic scale.
        xlabel: What the size is.
        ylabel: What the figure is.
    """
    for name, part in figures.groupby("row", sort=False):
        ax.errorbar(part["size"], part["measured"], part["std"].fillna(0), fmt="o-", markersize=4, label=str(name))
    ax.set_xscale("log")
    sizes = sorted(figures["size"].unique())
    ax.set_xticks(sizes, [f"{size:,}" for size in sizes])
    ax.minorticks_off()
    ax.set_ylim(bottom=0)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    style_axes(ax)
