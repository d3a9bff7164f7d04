from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from graphcascade.analysis import SeedSet
from graphcascade.report.style import BLUE, GREY, INK, shorten, style_axes

__all__ = ["plot_seeds"]

MAX_NAMES = 40  # above this number of seeds, the axis has numbers instead of names


def plot_seeds(
    found: SeedSet,
    ax: Axes,
    user_ids: Sequence[str] | npt.NDArray[np.object_] | None = None,
    title: str = "Expected spread of the seed users",
) -> None:
    """Draws how the expected spread grows with the number of seed users.

    Bars show what each seed adds, and the line their sum, with its standard error at the end.

    Args:
        found: The seed users.
        ax: Axes to draw on.
        user_ids: Ids of all users, ``[num_nodes]``; if left out, users are numbers.
        title: Title of the picture.
    """
    table = found.to_frame(user_ids)
    place = np.arange(1, len(table) + 1)
    ax.bar(place, table["gain"], color=GREY, width=0.7, label="added by this seed")
    ax.plot(place, table["spread"], color=BLUE, marker="o", markersize=4, label="together with those before it")
    ax.errorbar(place[-1:], [found.spread], [found.standard_error], color=BLUE, capsize=3)
    ax.set_ylim(bottom=0)
    ax.set_ylabel("expected number of infected users", color=INK)
    if len(table) <= MAX_NAMES:
        names = [shorten(str(user)) for user in table["user"]]
        ax.set_xticks(place, names, rotation=90 if len(table) > 5 else 0, parse_math=False)
        ax.set_xlabel("seed users, in the order of the choice", color=INK)
    else:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_xlabel("number of seed users", color=INK)
    ax.set_title(title, parse_math=False)
    ax.legend(frameon=False)
    style_axes(ax)
