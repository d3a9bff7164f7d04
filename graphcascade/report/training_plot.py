from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from graphcascade.report.style import BLUE, ORANGE, style_axes

__all__ = ["plot_training"]


def plot_training(log: pd.DataFrame, ax: Axes, title: str = "Training") -> None:
    """Draws the losses of training and validation over the epochs.

    Args:
        log: The table ``logs/metrics.csv`` of a run folder: ``epoch``, ``train_loss`` and, optionally, ``val_loss``.
        ax: Axes to draw on.
        title: Title of the picture.
    """
    for name, label, color in (("train_loss", "training", BLUE), ("val_loss", "validation", ORANGE)):
        if name in log:
            known = log[["epoch", name]].dropna()
            ax.plot(known["epoch"] + 1, known[name], "o-", color=color, markersize=3, label=label)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss per prediction")
    ax.legend(frameon=False, fontsize=9)
    ax.set_title(title, parse_math=False)
    style_axes(ax)
