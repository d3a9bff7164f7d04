from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from graphcascade.data import Cascade
from graphcascade.report.style import BLUE, GREY, INK, ORANGE, shorten, style_axes, to_readable_unit

__all__ = ["plot_cascade"]

MAX_LABELS = 40  # with more users, their names would overlap


def plot_cascade(
    cascade: Cascade,
    ax: Axes,
    user_ids: npt.NDArray[np.object_] | None = None,
    time_unit: str | None = None,
    certainty: Tensor | None = None,
) -> None:
    """Draws one cascade over time, with a dot for each infection and, if it is known, a line to the user who caused it.

    Args:
        cascade: The cascade.
        ax: Axes to draw on.
        user_ids: Labels of the users; written beside the dots of cascades of up to 40 users.
        time_unit: Unit of the times; the axis uses a larger unit if that is easier to read.
        certainty: How certain each user's parent is, ``[n]`` from 0 to 1; less certain lines are paler.
    """
    absolute: Tensor = cascade["time"]
    time = (absolute - absolute[0]).numpy()
    time, unit = to_readable_unit(time, time_unit)
    place = np.arange(len(time))
    parent = cascade.get("parent")
    if parent is not None:
        cause = parent.numpy()
        child = place[cause != place]
        lines = np.stack(
            [np.stack([time[cause[child]], cause[child]], axis=1), np.stack([time[child], child], axis=1)], axis=1
        )
        alpha = 1.0 if certainty is None else 0.25 + 0.75 * certainty.numpy()[child].clip(0, 1)
        ax.add_collection(LineCollection(list(lines), colors=GREY, alpha=alpha, linewidths=1.2, zorder=1))
    else:
        ax.hlines(place, 0, time, color=GREY, linewidth=0.6, alpha=0.5, zorder=1)
    ax.scatter(time[1:], place[1:], s=26, color=BLUE, zorder=2)
    ax.scatter(time[:1], place[:1], s=46, color=ORANGE, zorder=2)
    labelled = user_ids is not None and len(time) <= MAX_LABELS
    for event, user in enumerate(cascade.user.tolist() if labelled else [None]):
        label = "" if user is None or user_ids is None else shorten(str(user_ids[user]))
        text = ax.annotate(
            f"{label} (source)".strip() if event == 0 else label,
            (time[event], event),
            (6, -3),
            textcoords="offset points",
            fontsize=7,
            color=ORANGE if event == 0 else INK,
            parse_math=False,
        )
        text.set_path_effects([withStroke(linewidth=2, foreground="white")])  # keeps the text readable on lines
    ax.margins(x=0.12)
    ax.invert_yaxis()
    ax.yaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.set_xlabel("time since the source" + (f" [{unit}]" if unit else ""))
    ax.set_ylabel("order of infection")
    ax.set_title(f"One cascade: {len(time)} users" + ("" if parent is None else ", with who infected whom"))
    style_axes(ax)
