"""Colours of all pictures; chosen to stay apart for colour-blind readers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from graphcascade.data.time_units import SECONDS

__all__ = ["BLUE", "GREY", "INK", "ORANGE", "RED", "quiet_axes", "readable", "shorten"]

BLUE = "#2f6f9f"
ORANGE = "#e08a1e"
RED = "#c23b3b"
GREY = "#9aa3ab"
INK = "#22303c"


def quiet_axes(ax: Axes) -> None:
    """Leaves the left and lower axis only."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(colors=INK, labelsize=9)
    ax.title.set_color(INK)


def readable(time: npt.NDArray[Any], unit: str | None) -> tuple[npt.NDArray[Any], str | None]:
    """Times in the largest unit in which their span is at least two, and that unit."""
    if unit not in SECONDS:
        return time, unit
    span = float(np.ptp(time)) * SECONDS[unit] if time.size else 0.0
    fitting = [name for name, size in SECONDS.items() if size >= SECONDS[unit] and span >= 2 * size]
    chosen = fitting[-1] if fitting else unit
    return time * (SECONDS[unit] / SECONDS[chosen]), chosen


def shorten(label: str) -> str:
    """A label of at most 16 characters."""
    return label if len(label) <= 16 else label[:15] + "…"
