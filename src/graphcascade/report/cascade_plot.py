from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from graphcascade.data import Cascade
from graphcascade.report.style import BLUE, GREY, ORANGE, quiet_axes

__all__ = ["plot_cascade"]


def plot_cascade(
    cascade: Cascade,
    ax: Axes,
    user_ids: npt.NDArray[np.object_] | None = None,
    time_unit: str | None = None,
) -> None:
    """Draws one cascade over time: a dot for each infection, a line to whoever caused it, where that is known.

    Args:
        cascade: What to draw.
        ax: Where.
        user_ids: Labels of the users; written beside the dots of cascades of up to 40 users.
        time_unit: Written below the time axis.
    """
    absolute: Tensor = cascade["time"]
    time = (absolute - absolute[0]).numpy()
    place = np.arange(len(time))
    parent = cascade.get("parent")
    if parent is not None:
        cause = parent.numpy()
        child = place[cause != place]
        lines = np.stack(
            [np.stack([time[cause[child]], cause[child]], axis=1), np.stack([time[child], child], axis=1)], axis=1
        )
        ax.add_collection(LineCollection(list(lines), colors=GREY, linewidths=0.9, zorder=1))
    else:
        ax.plot(time, place, color=GREY, linewidth=0.9, drawstyle="steps-post", zorder=1)
    ax.scatter(time[1:], place[1:], s=26, color=BLUE, zorder=2)
    ax.scatter(time[:1], place[:1], s=46, color=ORANGE, zorder=2, label="source")
    if user_ids is not None and len(time) <= 40:
        for event, user in enumerate(cascade.user.tolist()):
            ax.annotate(str(user_ids[user]), (time[event], event), (5, -3), textcoords="offset points", fontsize=7)
    ax.invert_yaxis()
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("time since the source" + (f" [{time_unit}]" if time_unit else ""))
    ax.set_ylabel("order of infection")
    ax.set_title(f"One cascade: {len(time)} users" + ("" if parent is None else ", with who infected whom"))
    ax.legend(frameon=False, loc="upper right", fontsize=8)
    quiet_axes(ax)
