from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from graphcascade.report.style import BLUE, GREY, INK, ORANGE, style_axes

__all__ = ["draw_tuning"]


def draw_tuning(
    table: pd.DataFrame, metric: str, title: str, default: float | None = None, lower_is_better: bool = False
) -> Figure:
    """Draws the validation figures of the trials of a search, and the best one so far.

    Args:
        table: The table of a :class:`~graphcascade.tasks.ModelTuning`.
        metric: Name of the figure.
        title: Title of the picture.
        default: The figure of the defaults, if they were tried.
        lower_is_better: Whether a lower figure is better.
    """
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    ax = figure.subplots()
    complete, pruned = (table[table["state"] == state] for state in ("complete", "pruned"))
    best = complete["value"].cummin() if lower_is_better else complete["value"].cummax()
    ax.step(complete["trial"], best, where="post", color=BLUE, linewidth=1.2, label="best so far")
    ax.plot(complete["trial"], complete["value"], "o", color=BLUE, markersize=5, label="trial")
    if not pruned.empty:
        ax.plot(pruned["trial"], pruned["value"], "x", color=GREY, markersize=5, label="ended early")
    if default is not None:
        ax.axhline(default, color=ORANGE, linewidth=1, linestyle="--", label="defaults")
    ax.set_xlabel("trial", color=INK)
    ax.set_ylabel(f"{metric} on validation ({'lower' if lower_is_better else 'higher'} is better)", color=INK)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_title(title, loc="left", fontsize=11, parse_math=False)
    ax.legend(frameon=False, fontsize=9)
    style_axes(ax)
    return figure
