"""Pictures: the only place that draws."""

from graphcascade.report.cascade_plot import plot_cascade
from graphcascade.report.dataset_figure import draw_dataset, save_figure
from graphcascade.report.network_plot import plot_network
from graphcascade.report.size_plot import plot_sizes

__all__ = ["draw_dataset", "plot_cascade", "plot_network", "plot_sizes", "save_figure"]
