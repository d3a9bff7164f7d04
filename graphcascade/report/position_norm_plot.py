from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from graphcascade.report.style import BLUE, INK, ORANGE, style_axes

__all__ = ["plot_position_norms"]


def plot_position_norms(figures: pd.DataFrame, ax: Axes, title: str = "Weight of each position") -> None:
    """Draws the norms of NDM's position matrices (NDM paper, Table 4).

    Args:
        figures: The result of :func:`~graphcascade.analysis.position_norms`.
        ax: Axes to draw on.
        title: Title of the picture.
    """
    names = {"init": "source", "0": "last", "1": "one before"}
    place = range(len(figures))
    colors = [ORANGE if name == "init" else BLUE for name in figures["matrix"]]
    bars = ax.bar(place, figures["norm"], color=colors, width=0.6)
    ax.bar_label(bars, labels=[f"{value:.1f}" for value in figures["norm"]], fontsize=8, color=INK)
    ax.set_xticks(place, [names.get(name, f"{name} before") for name in figures["matrix"]])
    ax.set_xlabel("event")
    ax.set_ylabel("Frobenius norm of its matrix")
    ax.set_title(title, parse_math=False)
    style_axes(ax)
