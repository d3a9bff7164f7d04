"""Colours of all pictures; chosen to stay apart for colour-blind readers."""

from __future__ import annotations

from matplotlib.axes import Axes

__all__ = ["BLUE", "GREY", "INK", "ORANGE", "RED", "quiet_axes"]

BLUE = "#2f6f9f"
ORANGE = "#e08a1e"
RED = "#c8372d"
GREY = "#9aa3ab"
INK = "#22303c"


def quiet_axes(ax: Axes) -> None:
    """Leaves the left and lower axis only."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(colors=INK, labelsize=9)
    ax.title.set_color(INK)
