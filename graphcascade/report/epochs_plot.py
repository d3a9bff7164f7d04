from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from graphcascade.report.style import style_axes

__all__ = ["plot_epochs"]


def plot_epochs(curves: Mapping[str, Sequence[float]], ax: Axes, label: str) -> None:
    """Draws figures after each epoch, with a line for each model.

    Args:
        curves: For each model the figure after each epoch.
        ax: Axes to draw on.
        label: What the figure is.
    """
    for name, values in curves.items():
        ax.plot(range(1, len(values) + 1), values, "o-", markersize=3, label=name)
    ax.set_ylim(bottom=0)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("epoch")
    ax.set_ylabel(label)
    style_axes(ax)
