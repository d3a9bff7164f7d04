from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from torch import Tensor

from graphcascade.report.style import BLUE, ORANGE, quiet_axes

__all__ = ["plot_sources"]


def plot_sources(cascades: Tensor, ax: Axes, head: float = 0.2, title: str = "Cascades of each source") -> None:
    """Draws the long tail of the sources: how many cascades each one has, the most frequent first (DSSF, Fig. 2).

    Args:
        cascades: Cascades of each source, in any order.
        ax: Where to draw.
        head: Share of the sources that are head: they have a colour of their own.
        title: Title.
    """
    count = cascades.sort(descending=True).values.numpy()
    rank = np.arange(1, count.size + 1)
    first = max(1, round(head * count.size))
    share = float(count[:first].sum()) / max(1, int(count.sum()))
    ax.bar(rank[:first], count[:first], width=1.0, color=ORANGE, label=f"head: {share:.0%} of the cascades")
    ax.bar(rank[first:], count[first:], width=1.0, color=BLUE, label=f"tail: {1 - share:.0%}")
    ax.set_yscale("log")
    ax.set_ylim(bottom=0.7)  # one cascade has a height, too
    ax.set_xlabel("source, by its cascades")
    ax.set_ylabel("cascades")
    ax.set_title(title, fontsize=11, parse_math=False)
    ax.legend(frameon=False, fontsize=8)
    quiet_axes(ax)
