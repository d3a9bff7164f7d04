from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from torch import Tensor

from graphcascade.report.style import BLUE, ORANGE, style_axes

__all__ = ["plot_sources"]


def plot_sources(cascades: Tensor, ax: Axes, head: float = 0.2, title: str = "Cascades per source") -> None:
    """Draws the number of cascades of each source in decreasing order, which shows the long tail (DSSF, Fig. 2).

    Args:
        cascades: Number of cascades of each source, in any order.
        ax: Axes to draw on.
        head: Share of the sources that count as head sources, which have a different colour.
        title: Title of the picture.
    """
    count = cascades.sort(descending=True).values.numpy()
    rank = np.arange(1, count.size + 1)
    first = max(1, round(head * count.size))
    share = float(count[:first].sum()) / max(1, int(count.sum()))
    ax.bar(rank[:first], count[:first], width=1.0, color=ORANGE, label=f"head: {share:.0%} of the cascades")
    ax.bar(rank[first:], count[first:], width=1.0, color=BLUE, label=f"tail: {1 - share:.0%}")
    ax.set_yscale("log")
    ax.set_ylim(bottom=0.7)  # so that the bar of a single cascade is visible
    ax.set_xlabel("rank of the source")
    ax.set_ylabel("cascades")
    ax.set_title(title, fontsize=11, parse_math=False)
    ax.legend(frameon=False, fontsize=8)
    style_axes(ax)
