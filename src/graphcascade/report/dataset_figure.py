from __future__ import annotations

from pathlib import Path

import torch
from matplotlib.figure import Figure

from graphcascade.data import CascadeDataset
from graphcascade.io import atomic_path
from graphcascade.report.cascade_plot import plot_cascade
from graphcascade.report.network_plot import plot_network
from graphcascade.report.size_plot import plot_sizes

__all__ = ["draw_dataset", "save_figure"]


def draw_dataset(dataset: CascadeDataset) -> Figure:
    """A dataset at a glance: its network, one cascade, and the sizes of all.

    The network is the true one of simulated cascades, else the follow graph, else left out. The cascade is the first
    of the largest size up to 25 users, so that it stays legible.
    """
    network = dataset.true_graph if dataset.true_graph is not None else dataset.follow_graph
    panels = 2 if network is None else 3
    figure = Figure(figsize=(5.2 * panels, 4.8), layout="constrained")
    axes = figure.subplots(1, panels)
    if network is not None:
        title = "Network of the simulation" if dataset.true_graph is not None else "Follow graph"
        plot_network(network, axes[0], dataset.user_ids, title=title)
    size = dataset.table.size
    legible = size.masked_fill(size > 25, 0) if bool((size <= 25).any()) else size
    example = dataset.get(int(dataset.cascade_index[torch.argmax(legible)]))
    plot_cascade(example, axes[-2], dataset.user_ids, dataset.time_unit)
    plot_sizes(dataset, axes[-1])
    figure.suptitle(f"{dataset.name}: {len(dataset):,} cascades, {dataset.num_users:,} users")
    return figure


def save_figure(figure: Figure, path: str | Path, dpi: int = 110) -> Path:
    """Writes a picture, whole or not at all; the ending of the name gives the format (png, pdf, svg)."""
    path = Path(path)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=dpi, format=path.suffix.lstrip(".") or "png")
    return path
