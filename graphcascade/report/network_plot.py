from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import numpy.typing as npt
import torch
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from torch_geometric.data import Data
from torch_geometric.utils import degree

from graphcascade.plurals import counted
from graphcascade.report.style import BLUE, GREY, INK, shorten

__all__ = ["places", "plot_network", "write_labels"]


def plot_network(
    graph: Data,
    ax: Axes,
    user_ids: npt.NDArray[np.object_] | None = None,
    max_users: int = 60,
    title: str = "Network",
) -> None:
    """Draws a directed graph over users; the area of a dot grows with the number of outgoing links.

    Users without links are left out and counted in the title.

    Args:
        graph: The graph: ``edge_index`` and ``num_nodes``.
        ax: Axes to draw on.
        user_ids: Labels of the users, ``[num_nodes]``, written on the dots.
        max_users: Largest number of users to draw; of larger graphs, those with the most links are drawn.
        title: Title of the picture.
    """
    num_users = int(graph.num_nodes or 0)
    edge_index = torch.empty(2, 0, dtype=torch.long) if graph.edge_index is None else graph.edge_index
    source, target = edge_index
    links = degree(source, num_users) + degree(target, num_users)
    linked = int((links > 0).sum())
    shown = torch.argsort(links, descending=True, stable=True)[: min(max_users, linked)].sort().values
    kept = torch.isin(source, shown) & torch.isin(target, shown)
    drawing: nx.DiGraph[int] = nx.DiGraph()
    drawing.add_nodes_from(shown.tolist())
    drawing.add_edges_from(edge_index[:, kept].t().tolist())
    count = max(1, shown.numel())
    place = places(drawing)
    dense = min(1.0, 150 / max(1, drawing.number_of_edges()))  # many links are drawn thin and transparent
    reach = degree(source, num_users)[shown].clamp(max=12)
    area = ((90 + 45 * reach) * min(1.0, 25 / count)).tolist()
    nx.draw_networkx_edges(
        drawing,
        place,
        ax=ax,
        edge_color=GREY,
        alpha=0.25 + 0.45 * dense,
        width=0.4 + 0.5 * dense,
        arrowsize=4 + 3 * dense,
        node_size=area,
    )
    nx.draw_networkx_nodes(drawing, place, ax=ax, node_size=area, node_color=BLUE, edgecolors="white")
    if user_ids is not None:
        write_labels(drawing, place, ax, user_ids)
    note = f"{counted(graph.num_edges, 'link')} among {counted(linked, 'user')}"
    if linked < num_users:
        note += f", {num_users - linked:,} without links"
    if shown.numel() < linked:
        note += f"\nonly the {shown.numel()} with the most links are drawn"
    ax.set_title(f"{title}\n{note}", color=INK, fontsize=11, parse_math=False)
    ax.set_axis_off()


def places(drawing: nx.DiGraph[int]) -> dict[int, Any]:
    """Returns positions for the users that keep the dots apart."""
    count = max(1, drawing.number_of_nodes())
    place: dict[int, Any] = nx.spring_layout(drawing.to_undirected(), seed=0, k=4.0 / count**0.5, iterations=300)
    if count > 10:  # spreads out a crowded middle: partly to equal distances
        at = np.array([place[user] for user in drawing])
        ranks = np.argsort(np.argsort(at, axis=0), axis=0) / (count - 1) * 2 - 1
        place = dict(zip(drawing, 0.4 * at / np.abs(at).max() + 0.6 * ranks, strict=True))
    return place


def write_labels(drawing: nx.DiGraph[int], place: dict[int, Any], ax: Axes, user_ids: npt.NDArray[np.object_]) -> None:
    """Writes the ids of users on their dots."""
    labels = {user: str(user_ids[user]) for user in drawing}
    outside = max(map(len, labels.values()), default=0) > 3  # longer labels do not fit on the dots
    labels = {user: shorten(label) for user, label in labels.items()}
    drawn = nx.draw_networkx_labels(drawing, place, labels, ax=ax, font_size=6, font_color=INK if outside else "white")
    for text in drawn.values():
        text.set_parse_math(False)
        if outside:
            text.set_path_effects([withStroke(linewidth=1.5, foreground="white")])
