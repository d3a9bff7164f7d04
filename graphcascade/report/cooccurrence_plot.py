from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from graphcascade.report.style import BLUE, INK, style_axes

__all__ = ["plot_cooccurrence"]


def plot_cooccurrence(figures: pd.DataFrame, ax: Axes, column: str = "mean", title: str | None = None) -> None:
    """Draws the number of cascades that two users share, by the number of users infected between them.

    NDM paper, Fig. 2 (``column="mean"``) and Fig. 3 (``column="top"``).

    Args:
        figures: The result of :func:`~graphcascade.analysis.cooccurrence_by_distance`.
        ax: Axes to draw on.
        column: "mean" over all pairs, or "top", over the pairs with the highest counts.
        title: Title of the picture.
    """
    place = range(len(figures))
    bars = ax.bar(place, figures[column], color=BLUE, width=0.7)
    ax.bar_label(bars, labels=[f"{value:.2f}" for value in figures[column]], fontsize=8, color=INK)
    ax.set_xticks(place, figures["between"])
    ax.set_xlabel("users infected between the two")
    ax.set_ylabel("cascades with both users")
    ax.set_title(title or ("Pairs with the highest counts" if column == "top" else "All pairs"), parse_math=False)
    style_axes(ax)
