from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import numpy.typing as npt
import torch
from matplotlib.axes import Axes
from torch_geometric.data import Data
from torch_geometric.utils import degree

from graphcascade.report.style import BLUE, GREY, INK

__all__ = ["plot_network"]


def plot_network(
    graph: Data,
    ax: Axes,
    user_ids: npt.NDArray[np.object_] | None = None,
    max_users: int = 150,
    title: str = "Network",
) -> None:
    """Draws a directed graph over users; dot areas grow with the number of users that each one reaches.

    Users without links are left out, and counted in the title.

    Args:
        graph: ``edge_index`` and ``num_nodes``.
        ax: Where to draw.
        user_ids: Labels of the users, ``[num_nodes]``; written into the dots of graphs of up to 60 users.
        max_users: Of larger graphs, only the users with most links are drawn, and the title says so.
        title: What stands above.
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
    place: dict[int, Any] = nx.spring_layout(
        drawing.to_undirected(), seed=0, k=4.0 / max(1, shown.numel()) ** 0.5, iterations=300
    )
    area = 90 + 45 * degree(source, num_users)[shown].clamp(max=12)
    nx.draw_networkx_edges(
        drawing, place, ax=ax, edge_color=GREY, alpha=0.7, width=0.9, arrowsize=7, node_size=area.tolist()
    )
    nx.draw_networkx_nodes(drawing, place, ax=ax, node_size=area.tolist(), node_color=BLUE, edgecolors="white")
    if user_ids is not None and shown.numel() <= 60:
        labels = {user: str(user_ids[user]) for user in shown.tolist()}
        nx.draw_networkx_labels(drawing, place, labels, ax=ax, font_size=6, font_color="white")
    note = f" among {linked:,} users" + (f", {num_users - linked:,} without any" if linked < num_users else "")
    if shown.numel() < linked:
        note += f"; the {shown.numel()} best linked are drawn"
    ax.set_title(f"{title}\n{graph.num_edges:,} links{note}", color=INK, fontsize=11)
    ax.set_axis_off()
