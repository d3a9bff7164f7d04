from __future__ import annotations

from matplotlib.axes import Axes

from graphcascade.data import CascadeDataset
from graphcascade.report.tail_plot import plot_tail

__all__ = ["plot_sizes"]


def plot_sizes(dataset: CascadeDataset, ax: Axes) -> None:
    """Draws the share of cascades of at least each size; the axes are logarithmic for a wide range of sizes."""
    plot_tail(dataset.table.size, ax, "users", "cascades")
    ax.set_title("Sizes of the cascades")
