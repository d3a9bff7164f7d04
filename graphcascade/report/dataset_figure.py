from __future__ import annotations

import logging
import warnings
from pathlib import Path

from matplotlib.figure import Figure

from graphcascade.data import CascadeDataset
from graphcascade.io import atomic_path
from graphcascade.io.endings import PICTURES, file_format
from graphcascade.plurals import counted
from graphcascade.report.cascade_plot import plot_cascade
from graphcascade.report.example import example_cascade
from graphcascade.report.network_plot import plot_network
from graphcascade.report.size_plot import plot_sizes

__all__ = ["draw_dataset", "save_figure"]

logger = logging.getLogger(__name__)


def draw_dataset(dataset: CascadeDataset) -> Figure:
    """Draws an overview of a dataset: its network, one cascade, and the sizes of all cascades.

    The network is the true network if the cascades are simulated, otherwise the follow graph if there is one. The
    cascade has about 22 users, so that it is legible.
    """
    network = dataset.true_graph if dataset.true_graph is not None else dataset.follow_graph
    panels = 2 if network is None else 3
    figure = Figure(figsize=(5.2 * panels, 4.8), layout="constrained")
    axes = figure.subplots(1, panels)
    if network is not None:
        title = "Network of the simulation" if dataset.true_graph is not None else "Follow graph"
        plot_network(network, axes[0], dataset.user_ids, title=title)
    example = dataset.get(int(dataset.cascade_index[example_cascade(dataset, users=22)]))
    plot_cascade(example, axes[-2], dataset.user_ids, dataset.time_unit)
    plot_sizes(dataset, axes[-1])
    figure.suptitle(
        f"{dataset.name}: {counted(len(dataset), 'cascade')}, {counted(dataset.num_users, 'user')}", parse_math=False
    )
    return figure


def save_figure(figure: Figure, path: str | Path, dpi: int = 110, *, overwrite: bool = False) -> Path:
    """Writes a picture; the ending of the name gives the format (png, pdf, svg; without one, png).

    Args:
        figure: The picture.
        path: File to write.
        dpi: Dots per inch, for png.
        overwrite: Whether to replace a file that exists.

    Raises:
        UsageError: The ending is not that of a picture format.
        StorageError: The file exists already; the folder cannot be written to; the disk is full.
    """
    path = Path(path)
    format = file_format(path, PICTURES)
    with atomic_path(path, overwrite=overwrite) as temporary, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        figure.savefig(temporary, dpi=dpi, format=format)
    for warning in caught:
        if "missing from font" not in str(warning.message):
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    if any("missing from font" in str(warning.message) for warning in caught):
        logger.warning("%s: some characters of the labels are not in the font and are drawn as boxes.", path)
    return path
