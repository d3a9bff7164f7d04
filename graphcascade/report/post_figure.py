from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator
from matplotlib.figure import Figure
from torch import Tensor

from graphcascade.data import PostStream
from graphcascade.number_text import format_number
from graphcascade.plurals import counted
from graphcascade.report.style import BLUE, GREY, INK, ORANGE, style_axes, to_readable_unit
from graphcascade.report.tail_plot import plot_tail

__all__ = ["draw_posts"]

COLUMNS = 3  # of panels
GROUPS = 40  # of consecutive posts, at most, of which the median label is drawn
FEWEST_POSTS = 10  # in a group
FIRST_DATE = 10**8  # times in seconds from here on (1973) are drawn as dates


def draw_posts(stream: PostStream) -> Figure:
    """Draws an overview of a stream: labels, labels over time, posts in each category and posts of each user.

    Labels over time are those of up to 40 groups of consecutive posts: the median, and the range of the middle 80 %.
    Panels without data are left out. The last two panels show the share of categories or users with at least so many
    posts.
    """
    targets = stream.targets
    category = stream.category
    panels: list[Callable[[Axes], None]] = []
    if targets.numel():
        panels += [partial(_plot_labels, stream), partial(_plot_labels_over_time, stream)]
    if bool((category >= 0).any()):
        for level, ancestor in enumerate(stream.ancestors[category[category >= 0]].T):
            panels.append(partial(_plot_counts, ancestor[ancestor >= 0], f"categories of level {level + 1}"))
    panels.append(partial(_plot_counts, stream.user, "users"))
    columns = min(len(panels), COLUMNS)
    rows = math.ceil(len(panels) / columns)
    figure = Figure(figsize=(4.2 * columns, 3.8 * rows), layout="constrained")
    for number, draw in enumerate(panels):
        draw(figure.add_subplot(rows, columns, number + 1))
    figure.suptitle(
        f"{stream.name}: {counted(stream.num_posts, 'post')} ({targets.numel():,} with a label), "
        f"{counted(stream.num_users, 'user')}, {stream.num_categories:,} categories",
        parse_math=False,
    )
    return figure


def _plot_labels(stream: PostStream, ax: Axes) -> None:
    labels = stream.target_y.numpy()
    ax.hist(labels, bins=min(40, max(5, int(len(labels) ** 0.5))), color=BLUE)
    ax.axvline(float(labels.mean()), color=ORANGE, label=f"mean {format_number(labels.mean(), '.2f')}")
    ax.set_xlabel("label, log2(1 + views)")
    ax.set_ylabel("posts")
    ax.legend(frameon=False, fontsize=9)
    style_axes(ax)


def _plot_labels_over_time(stream: PostStream, ax: Axes) -> None:
    time, labels = stream.time[stream.targets].numpy(), stream.target_y.numpy()
    unit = stream.time_unit
    dates = unit == "s" and float(time[0]) > FIRST_DATE
    if not dates:
        time, unit = to_readable_unit(time, unit)
    groups = np.array_split(np.arange(len(labels)), max(1, min(GROUPS, len(labels) // FEWEST_POSTS)))
    middle = np.array([time[group].mean() for group in groups])
    low, median, high = np.array([np.quantile(labels[group], (0.1, 0.5, 0.9)) for group in groups]).T
    x = middle.astype("datetime64[s]") if dates else middle
    ax.fill_between(x, low, high, color=GREY, alpha=0.35, linewidth=0, label="middle 80 %")
    ax.plot(x, median, marker="o", markersize=3, color=BLUE, label="median")
    if dates:
        ax.xaxis.set_major_locator(AutoDateLocator(maxticks=7))  # type: ignore[no-untyped-call]
        ax.tick_params(axis="x", rotation=35)
    ax.set_xlabel("time of the post" if dates or unit is None else f"time of the post ({unit})")
    ax.set_ylabel("label")
    ax.legend(frameon=False, fontsize=9, labelcolor=INK, loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    style_axes(ax)


def _plot_counts(number: Tensor, owner: str, ax: Axes) -> None:
    """Draws how many posts each of the numbered categories or users has, of those with any."""
    count = torch.bincount(number)
    plot_tail(count[count > 0], ax, "posts", owner)
