"""Pictures of the figures of each task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch_geometric.data import Data

from graphcascade.data import Cascade
from graphcascade.report import (
    plot_alignment,
    plot_cooccurrence,
    plot_inferred_network,
    plot_position_norms,
    plot_reproduction,
    plot_source_map,
    plot_sources,
)

__all__ = ["PICTURES"]

Details = Mapping[str, Mapping[str, Any]]  # of the first run of each row


def draw_figures(figures: pd.DataFrame, title: str, details: Details) -> Figure:
    """Draws published and measured figures."""
    return plot_reproduction(figures, title)


def draw_cooccurrence(figures: pd.DataFrame, title: str, details: Details) -> Figure:
    """NDM paper, Fig. 2 and 3."""
    name = figures["metric"].str.removeprefix("K ")
    top = name.str.endswith(", top 5 %")
    frame = pd.DataFrame(
        {
            "between": name[~top].to_numpy(),
            "mean": figures["measured"][~top].to_numpy(),
            "top": figures["measured"][top].to_numpy(),
        }
    )
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    axes = figure.subplots(1, 2)
    plot_cooccurrence(frame, axes[0])
    plot_cooccurrence(frame, axes[1], "top")
    figure.suptitle(title, fontsize=11)
    return figure


def draw_norms(figures: pd.DataFrame, title: str, details: Details) -> Figure:
    """NDM paper, Table 4."""
    figures = figures[~figures["metric"].str.endswith("squared")]
    rows = list(dict.fromkeys(figures["row"]))
    figure = Figure(figsize=(4 * len(rows), 3.4), layout="constrained")
    axes = figure.subplots(1, len(rows), squeeze=False)
    for ax, row in zip(axes.flat, rows, strict=True):
        one = figures[figures["row"] == row]
        matrix = one["metric"].str.removeprefix("W_")
        plot_position_norms(pd.DataFrame({"matrix": matrix, "norm": one["measured"]}), ax, row)
        if one["published"].notna().any():
            ax.plot(range(len(one)), one["published"], "D", color="black", fillstyle="none", label="published")
            ax.legend(frameon=False, fontsize=8)
    figure.suptitle(title, fontsize=11)
    return figure


def draw_alignments(figures: pd.DataFrame, title: str, details: Details) -> Figure:
    """CYAN-RNN paper, Fig. 5."""
    shown = {row: one["example"] for row, one in details.items() if one.get("example")}
    figure, axes = _panels(len(shown), 4.2)
    for ax, (row, one) in zip(axes, shown.items(), strict=True):
        cascade = Cascade(
            torch.tensor(one["user"]),
            torch.tensor(one["time"], dtype=torch.float64),
            parent=None if one["parent"] is None else torch.tensor(one["parent"]),
        )
        edges = torch.tensor(one["edges"]).t()
        alignment = Data(edge_index=edges, edge_weight=torch.tensor(one["weight"]), num_nodes=len(one["user"]))
        plot_alignment(alignment, cascade, ax, title=row)
    figure.suptitle(title, fontsize=11)
    return figure


def draw_networks(figures: pd.DataFrame, title: str, details: Details) -> Figure:
    """CYAN-RNN paper, Fig. 6."""
    shown = {row: (edges, one["true"]) for row, one in details.items() for edges in [one.get("links")] if edges}
    figure, axes = _panels(len(shown), 5.0)
    for ax, (row, graphs) in zip(axes, shown.items(), strict=True):
        users = 1 + max(user for edges in graphs for edge in edges for user in edge)
        inferred, true = (Data(edge_index=torch.tensor(edges).t(), num_nodes=users) for edges in graphs)
        plot_inferred_network(inferred, true, ax, title=row)
    figure.suptitle(title, fontsize=11)
    return figure


def draw_sources(figures: pd.DataFrame, title: str, details: Details) -> Figure:
    """DSSF, Fig. 2."""
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    (one,) = details.values()
    plot_sources(torch.tensor(one["cascades"]), axes, title=title)
    return figure


def draw_source_map(figures: pd.DataFrame, title: str, details: Details) -> Figure:
    """Draws what models learned about the sources, and the long tail of the sources."""
    figure, axes = _panels(len(details) + 1, 4.6)
    for ax, (row, one) in zip(axes, details.items(), strict=False):
        frame = pd.DataFrame(one["map"])
        frame.attrs["explained"] = one["explained"]
        plot_source_map(frame, ax, title=row)
    plot_sources(torch.tensor(frame["cascades"].to_numpy()), axes[-1])
    figure.suptitle(title, fontsize=11)
    return figure


def _panels(count: int, size: float) -> tuple[Figure, list[Axes]]:
    across = 2 if count == 4 else min(max(count, 1), 3)
    down = -(-max(count, 1) // across)
    figure = Figure(figsize=(size * across, size * down + 0.4), layout="constrained")
    axes = figure.subplots(down, across, squeeze=False)
    for ax in axes.flat[count:]:
        ax.set_visible(False)
    return figure, list(axes.flat[:count])


PICTURES: dict[str, Callable[[pd.DataFrame, str, Details], Figure]] = {
    "statistics": draw_figures,
    "cooccurrence": draw_cooccurrence,
    "sources": draw_sources,
    "cascades": draw_figures,
    "norms": draw_norms,
    "social links": draw_figures,
    "events": draw_figures,
    "next users": draw_figures,
    "source map": draw_source_map,
    "alignments": draw_alignments,
    "networks": draw_networks,
}
