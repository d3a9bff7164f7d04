"""Which picture shows the figures of a task."""

from __future__ import annotations

from collections.abc import Callable

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from graphcascade.report import plot_cooccurrence, plot_position_norms, plot_reproduction

__all__ = ["PICTURES"]


def draw_cooccurrence(figures: pd.DataFrame, title: str) -> Figure:
    """NDM paper, Fig. 2 and 3."""
    name = figures["metric"].str.removeprefix("K ")
    top = name.str.endswith(", top 5 %")
    frame = pd.DataFrame(
        {
            "between": name[~top].to_numpy(),
            "mean": figures["measured"][~top].to_numpy(),
            "top": figures["measured"][top].to_numpy(),
        }
    )
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    plot_cooccurrence(frame, axes[0])
    plot_cooccurrence(frame, axes[1], "top")
    figure.suptitle(title, fontsize=11)
    return figure


def draw_norms(figures: pd.DataFrame, title: str) -> Figure:
    """NDM paper, Table 4."""
    figures = figures[~figures["metric"].str.endswith("squared")]
    rows = list(dict.fromkeys(figures["row"]))
    figure, axes = plt.subplots(1, len(rows), figsize=(4 * len(rows), 3.4), squeeze=False, layout="constrained")
    for ax, row in zip(axes.flat, rows, strict=True):
        one = figures[figures["row"] == row]
        matrix = one["metric"].str.removeprefix("W_")
        plot_position_norms(pd.DataFrame({"matrix": matrix, "norm": one["measured"]}), ax, row)
        if one["published"].notna().any():
            ax.plot(range(len(one)), one["published"], "D", color="black", fillstyle="none", label="published")
            ax.legend(frameon=False, fontsize=8)
    figure.suptitle(title, fontsize=11)
    return figure


PICTURES: dict[str, Callable[[pd.DataFrame, str], Figure]] = {
    "statistics": plot_reproduction,
    "cooccurrence": draw_cooccurrence,
    "cascades": plot_reproduction,
    "norms": draw_norms,
    "social links": plot_reproduction,
}
