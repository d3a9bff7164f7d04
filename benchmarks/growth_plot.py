"""Draws how seconds and memory grow with the size of the data; the benchmarks with --plot use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from graphcascade.report import save_figure

__all__ = ["plot_growth"]


def plot_growth(
    rows: Mapping[str, Sequence[Mapping[str, float]]], size: str, measured: Sequence[str], path: str
) -> None:
    """Draws one panel for each measured figure, with a line for each series, on logarithmic axes.

    Args:
        rows: Rows of each series, by its name.
        size: The size of the data in a row, such as ``"users"``.
        measured: What to draw, such as ``"seconds an epoch"``.
        path: Picture to write.
    """
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    panels = figure.subplots(1, len(measured), squeeze=False)[0]
    for ax, name in zip(panels, measured, strict=True):
        for series, values in rows.items():
            ax.loglog([row[size] for row in values], [row[name] for row in values], marker="o", label=series)
        ax.set_xlabel(size)
        ax.set_ylabel(name)
        if len(rows) > 1:
            ax.legend(frameon=False)
    save_figure(figure, path, overwrite=True)
