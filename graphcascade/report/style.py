"""Colours and formats of all pictures; the colours can be distinguished by colour-blind readers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from graphcascade.data.time_units import SECONDS

__all__ = ["BLUE", "GREY", "INK", "ORANGE", "RED", "shorten", "style_axes", "to_readable_unit"]

BLUE = "#2f6f9f"
ORANGE = "#e08a1e"
RED = "#c23b3b"
GREY = "#9aa3ab"
INK = "#22303c"


def style_axes(ax: Axes) -> None:
    """Removes the top and right spines and sets the text colours."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(colors=INK, labelsize=9)
    ax.title.set_color(INK)


def to_readable_unit(time: npt.NDArray[Any], unit: str | None) -> tuple[npt.NDArray[Any], str | None]:
    """Converts times to the largest unit in which they span at least two units; returns the times and the unit."""
    if unit not in SECONDS:
        return time, unit
    span = float(np.ptp(time)) * SECONDS[unit] if time.size else 0.0
    fitting = [name for name, size in SECONDS.items() if size >= SECONDS[unit] and span >= 2 * size]
    chosen = fitting[-1] if fitting else unit
    return time * (SECONDS[unit] / SECONDS[chosen]), chosen


def shorten(label: str, length: int = 16) -> str:
    """Shortens a label to at most so many characters."""
    return label if len(label) <= length else label[: length - 1] + "…"
