from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from graphcascade.report.style import BLUE, GREY, INK, ORANGE, style_axes

__all__ = ["plot_reproduction"]


def plot_reproduction(figures: pd.DataFrame, title: str) -> Figure:
    """Draws published and measured figures, with a panel for each metric.

    Args:
        figures: The figures of a :class:`~graphcascade.experiments.Reproduction`. Rows that vary a parameter
            become lines, with a panel for each parameter.
        title: Title of the picture.
    """
    metrics = list(dict.fromkeys(figures["metric"]))
    varied = bool(figures["parameter"].notna().any())
    parameters = list(dict.fromkeys(figures["parameter"].dropna()))
    panels = parameters if varied else metrics
    rows = list(dict.fromkeys(figures["row"]))
    across = min(len(panels), 4)
    down = -(-len(panels) // across)
    height = 2.8 if varied else 0.9 + 0.28 * len(rows)
    figure = Figure(figsize=(max(6.0, 3.2 * across), height * down + 0.6), layout="constrained")
    axes = figure.subplots(down, across, squeeze=False, sharey=varied)  # panels of parameters have the same metrics
    for place, (ax, name) in enumerate(zip(axes.flat, panels, strict=False)):
        if varied:
            _parameter(ax, figures[figures["parameter"] == name], metrics, str(name))
        else:
            _rows(ax, figures[figures["metric"] == name], rows, str(name), labelled=place % across == 0)
    if varied and bool((figures["measured"] >= 0).all()):
        highest = float((figures["measured"] + figures["std"].fillna(0)).max())
        axes.flat[0].set_ylim(0, 1.08 * highest if highest > 0 else 1)  # whole markers, also at the top
    for ax in axes.flat[len(panels) :]:
        ax.set_visible(False)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    if labels:
        figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    figure.suptitle(title, color=INK, fontsize=11, parse_math=False)
    return figure


def _rows(ax: Axes, figures: pd.DataFrame, rows: list[str], name: str, labelled: bool) -> None:
    place = [rows.index(row) for row in figures["row"]]
    ax.errorbar(
        figures["measured"],
        place,
        xerr=figures["std"].fillna(0),
        fmt="o",
        color=BLUE,
        markersize=5,
        label="measured (bar: standard deviation over seeds)",
    )
    if figures["published"].notna().any():
        ax.plot(figures["published"], place, "D", color=ORANGE, markersize=5, fillstyle="none", label="published")
    ax.set_yticks(range(len(rows)), rows if labelled else [""] * len(rows), parse_math=False)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    if bool((figures["measured"] >= 0).all()):
        ax.set_xlim(left=0)
    ax.xaxis.set_major_locator(MaxNLocator(4))
    ax.grid(axis="y", color=GREY, alpha=0.3)
    ax.set_title(name, fontsize=10, parse_math=False)
    style_axes(ax)


def _parameter(ax: Axes, figures: pd.DataFrame, metrics: list[str], name: str) -> None:
    for metric in metrics:
        part = figures[figures["metric"] == metric]
        ax.errorbar(part["value"].astype(str), part["measured"], yerr=part["std"].fillna(0), fmt="o-", label=metric)
    ax.set_xlabel(name)
    style_axes(ax)
