from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from graphcascade.report.style import BLUE, shorten, style_axes

__all__ = ["plot_importances"]

SHOWN_INPUTS = 15
NAME_LENGTH = 32


def plot_importances(importances: pd.Series[Any], ax: Axes, count: int = SHOWN_INPUTS) -> None:
    """Draws how much the inputs of trees matter, the most important one on top.

    Args:
        importances: How much each input changes the predictions on average, in percent, by its name.
        ax: Axes to draw on.
        count: Number of inputs to draw at most.
    """
    shown = importances.sort_values(ascending=False, kind="stable").head(count).iloc[::-1]
    ax.barh(range(len(shown)), shown.to_numpy(), color=BLUE, height=0.7)
    for place, value in enumerate(shown):
        ax.text(value, place, f" {value:.1f}", va="center", fontsize=8)
    names = [shorten(str(name), NAME_LENGTH) for name in shown.index]
    ax.set_yticks(range(len(shown)), names, fontsize=8, parse_math=False)
    ax.set_xlim(0, 1.15 * max(float(shown.max()), 1e-9) if len(shown) else 1)
    ax.set_xlabel("importance (%)")
    style_axes(ax)
