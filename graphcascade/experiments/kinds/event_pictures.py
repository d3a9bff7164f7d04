from __future__ import annotations

import pandas as pd
import torch
from matplotlib.figure import Figure
from torch_geometric.data import Data

from graphcascade.data import Cascade
from graphcascade.experiments.kind import Details
from graphcascade.experiments.kinds.panels import make_panels
from graphcascade.report import plot_alignment, plot_inferred_network

__all__ = ["draw_alignments", "draw_networks"]


def draw_alignments(figures: pd.DataFrame, title: str, details: Details) -> Figure:
    """Draws the alignment of each row in an example cascade (CYAN-RNN paper, Fig. 5)."""
    examples = {row: entry["example"] for row, entry in details.items() if entry.get("example")}
    figure, axes = make_panels(len(examples), 4.2)
    for ax, (row, example) in zip(axes, examples.items(), strict=True):
        cascade = Cascade(
            torch.tensor(example["user"]),
            torch.tensor(example["time"], dtype=torch.float64),
            parent=None if example["parent"] is None else torch.tensor(example["parent"]),
        )
        edges, weight = torch.tensor(example["edges"]).t(), torch.tensor(example["weight"])
        alignment = Data(edge_index=edges, edge_weight=weight, num_nodes=len(example["user"]))
        plot_alignment(alignment, cascade, ax, title=row)
    figure.suptitle(title, fontsize=11)
    return figure


def draw_networks(figures: pd.DataFrame, title: str, details: Details) -> Figure:
    """Draws the inferred network of each row beside the true one (CYAN-RNN paper, Fig. 6)."""
    networks = {row: (entry["links"], entry["true"]) for row, entry in details.items() if entry.get("links")}
    figure, axes = make_panels(len(networks), 5.0)
    for ax, (row, graphs) in zip(axes, networks.items(), strict=True):
        users = 1 + max(user for edges in graphs for edge in edges for user in edge)
        inferred, true = (Data(edge_index=torch.tensor(edges).t(), num_nodes=users) for edges in graphs)
        plot_inferred_network(inferred, true, ax, title=row)
    figure.suptitle(title, fontsize=11)
    return figure
