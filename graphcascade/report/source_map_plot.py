from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from graphcascade.report.style import BLUE, ORANGE, style_axes

__all__ = ["plot_source_map"]


def plot_source_map(figures: pd.DataFrame, ax: Axes, title: str = "Sources by the attention of users") -> None:
    """Draws the sources in the plane; sources are close if users attend to them alike, and larger with more cascades.

    Args:
        figures: The result of :func:`~graphcascade.analysis.source_map`.
        ax: Axes to draw on.
        title: Title of the picture.
    """
    for head, color, label in ((False, BLUE, "tail"), (True, ORANGE, "head")):
        part = figures[figures["head"] == head]
        area = 12 * part["cascades"] ** 0.75
        ax.scatter(part["x"], part["y"], s=area, color=color, alpha=0.7, linewidths=0, label=label)
    shares = [*figures.attrs.get("explained", []), 0.0, 0.0]
    ax.set_xlabel(f"first component ({shares[0]:.0%} of the variance)")
    ax.set_ylabel(f"second component ({shares[1]:.0%})")
    ax.set_title(title, fontsize=11, parse_math=False)
    legend = ax.legend(frameon=False, fontsize=8)
    for handle in legend.legend_handles:
        handle.set_sizes([24])  # type: ignore[union-attr]
    style_axes(ax)
