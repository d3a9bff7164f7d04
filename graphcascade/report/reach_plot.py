from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from graphcascade.report.style import BLUE, INK, shorten, style_axes

__all__ = ["plot_reach"]


def plot_reach(users: pd.DataFrame, ax: Axes, count: int = 20, title: str = "Users of the largest reach") -> None:
    """Draws the expected reach of the users who rank highest, with standard errors.

    Args:
        users: Users by reach, as :func:`~graphcascade.analysis.rank_users` returns them.
        ax: Axes to draw on.
        count: Number of users to show.
        title: Title of the picture.
    """
    top = users.head(count)
    place = range(len(top))
    ax.barh(place, top["reach"], xerr=top["standard_error"], color=BLUE, ecolor=INK, capsize=2, height=0.7)
    ax.set_yticks(place, [shorten(str(user)) for user in top["user"]], parse_math=False)
    ax.set_ylim(len(top) - 0.5, -0.5)
    ax.set_xlim(left=0)
    ax.set_xlabel("expected number of infected users, if a cascade starts with this user", color=INK)
    ax.set_title(title, parse_math=False)
    style_axes(ax)
