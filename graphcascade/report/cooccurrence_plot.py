from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from graphcascade.report.style import BLUE, INK, quiet_axes

__all__ = ["plot_cooccurrence"]


def plot_cooccurrence(figures: pd.DataFrame, ax: Axes, column: str = "mean", title: str | None = None) -> None:
    """Draws in how many cascades two users occur together, by how many are infected between them.

    NDM paper, Fig. 2 (``column="mean"``) and Fig. 3 (``column="top"``).

    Args:
        figures: As of :func:`~graphcascade.analysis.cooccurrence_by_distance`.
        ax: Where.
        column: "mean" over all pairs, or "top", those of highest count.
        title: What stands above.
    """
    place = range(len(figures))
    bars = ax.bar(place, figures[column], color=BLUE, width=0.7)
    ax.bar_label(bars, labels=[f"{value:.2f}" for value in figures[column]], fontsize=8, color=INK)
    ax.set_xticks(place, figures["between"])
    ax.set_xlabel("users infected between the two")
    ax.set_ylabel("cascades that both occur in")
    ax.set_title(title or ("Pairs of highest count" if column == "top" else "All pairs"))
    quiet_axes(ax)
