from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from graphcascade.report.style import BLUE, GREY, INK, ORANGE, style_axes

__all__ = ["draw_comparison"]

KINDS = {
    "learned": (BLUE, "learned model, test"),
    "baseline": (ORANGE, "baseline, test"),
    "truth": (INK, "truth, test"),
}


def draw_comparison(
    table: pd.DataFrame, metric: str, title: str, lower_is_better: bool = False, width: float = 7.2
) -> Figure:
    """Draws the test figures of models with their intervals, and those on the validation data.

    Args:
        table: The table of a :class:`~graphcascade.tasks.ModelComparison`; models that were left out are not drawn.
            Rows of the kind "truth" are those of a model that knows how the data were simulated.
        metric: Name of the figure.
        title: Title of the picture.
        lower_is_better: Whether a lower figure is better.
        width: Width of the picture in inches.
    """
    shown = table[table["test"].notna()].reset_index(drop=True)
    figure = Figure(figsize=(width, 1.5 + 0.36 * len(shown)), layout="constrained")
    ax = figure.subplots()
    for kind, (colour, label) in KINDS.items():
        rows = shown[shown["kind"] == kind]
        if rows.empty:
            continue
        ends = [rows["test"] - rows["lower"], rows["upper"] - rows["test"]]
        reach = [end.fillna(0).tolist() for end in ends]
        ax.errorbar(
            rows["test"].tolist(),
            rows.index.tolist(),
            xerr=reach,
            fmt="o",
            color=colour,
            capsize=3,
            markersize=6,
            label=label,
        )
    ax.plot(
        shown["validation"], shown.index, "d", color=GREY, markersize=5, fillstyle="none", label="validation", zorder=1
    )
    names = [f"{name} *" if number == 0 else name for number, name in enumerate(shown["model"])]
    ax.set_yticks(shown.index, names, parse_math=False)
    ax.invert_yaxis()
    ax.set_xlabel(f"{metric} ({'lower' if lower_is_better else 'higher'} is better), with intervals of 95 %", color=INK)
    ax.grid(axis="x", color=GREY, alpha=0.3, linewidth=0.6)
    ax.set_title(title, loc="left", fontsize=11, parse_math=False)
    style_axes(ax)
    figure.legend(
        loc="outside lower center",
        ncols=3 if width > 6 else 2,
        frameon=False,
        fontsize=9,
        title="* best on validation",
        title_fontsize=9,
    )
    return figure
