from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from graphcascade.report.style import INK, style_axes

__all__ = ["plot_heat_map"]


def plot_heat_map(table: pd.DataFrame, ax: Axes, across: str, down: str, noun: str) -> None:
    """Draws a table of numbers as colours, darker for higher numbers, with the numbers in the cells.

    Args:
        table: The numbers; its index and its columns are the values of two parameters.
        ax: Axes to draw on.
        across: Name of the parameter of the columns.
        down: Name of the parameter of the index.
        noun: What the numbers are.
    """
    values = table.to_numpy(dtype=float)
    image = ax.imshow(values, cmap="Blues", aspect="auto")
    middle = (float(np.nanmin(values)) + float(np.nanmax(values))) / 2
    ax.set_xticks(range(values.shape[1]), [f"{value:g}" for value in table.columns])
    ax.set_yticks(range(values.shape[0]), [f"{value:g}" for value in table.index])
    ax.set_xlabel(across)
    ax.set_ylabel(down)
    for (row, column), value in np.ndenumerate(values):
        if value == value:  # not NaN
            color = "white" if value > middle else INK
            ax.text(column, row, f"{value:.3f}", ha="center", va="center", color=color, fontsize=8)
    ax.figure.colorbar(image, ax=ax, label=noun, format="%g")
    style_axes(ax)
