from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["make_panels"]


def make_panels(count: int, size: float) -> tuple[Figure, list[Axes]]:
    """Makes a figure of square panels.

    Args:
        count: Number of panels.
        size: Width and height of a panel in inches.

    Returns:
        The figure and the axes of its panels.
    """
    across = 2 if count == 4 else min(max(count, 1), 3)
    down = -(-max(count, 1) // across)
    figure = Figure(figsize=(size * across, size * down + 0.4), layout="constrained")
    axes = figure.subplots(down, across, squeeze=False)
    for ax in axes.flat[count:]:
        ax.set_visible(False)
    return figure, list(axes.flat[:count])
