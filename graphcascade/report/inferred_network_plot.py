from __future__ import annotations

from typing import Literal

import networkx as nx
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from torch_geometric.data import Data

from graphcascade.errors import UsageError
from graphcascade.plurals import counted
from graphcascade.report.network_plot import places, write_labels
from graphcascade.report.style import BLUE, GREY, INK, RED

__all__ = ["plot_inferred_network"]

MAX_USERS = 60  # users that can still be distinguished


def plot_inferred_network(
    inferred: Data,
    true: Data,
    ax: Axes,
    user_ids: npt.NDArray[np.object_] | None = None,
    title: str = "Inferred network",
) -> None:
    """Draws an inferred network over the true one (CYAN-RNN paper, Fig. 6).

    Grey links were found, dashed red links were missed, solid red links are false. Users without links are left out.

    Args:
        inferred: The inferred network: ``edge_index`` and ``num_nodes``.
        true: The true network, over the same users.
        ax: Axes to draw on.
        user_ids: Labels of the users, ``[num_nodes]``.
        title: Title of the picture.

    Raises:
        UsageError: The networks have different numbers of users, or too many users for a picture.
    """
    if inferred.num_nodes != true.num_nodes:
        raise UsageError(f"the networks have {inferred.num_nodes} and {true.num_nodes} users, not the same number.")
    if int(true.num_nodes or 0) > MAX_USERS:
        raise UsageError(
            f"a picture has room for {MAX_USERS} users, but the networks have {true.num_nodes:,}; use edge_report."
        )
    found, wanted = ({(u, v) for u, v in graph["edge_index"].t().tolist() if u != v} for graph in (inferred, true))
    drawing: nx.DiGraph[int] = nx.DiGraph()
    drawing.add_nodes_from(sorted({user for edge in wanted | found for user in edge}))
    drawing.add_edges_from(sorted(wanted))
    place = places(drawing)
    kinds: list[tuple[set[tuple[int, int]], str, Literal["solid", "dashed"], str]] = [
        (found & wanted, GREY, "solid", "found"),
        (wanted - found, RED, "dashed", "missed"),
        (found - wanted, RED, "solid", "false"),
    ]
    for edges, color, style, _ in kinds:
        drawing.add_edges_from(edges)
        nx.draw_networkx_edges(
            drawing,
            place,
            edgelist=sorted(edges),
            ax=ax,
            edge_color=color,
            style=style,
            width=1.0,
            arrowsize=7,
            node_size=160,
        )
    nx.draw_networkx_nodes(drawing, place, ax=ax, node_size=160, node_color=BLUE, edgecolors="white")
    if user_ids is not None:
        write_labels(drawing, place, ax, user_ids)
    handles = [
        Line2D([], [], color=color, linestyle=style, label=f"{name}: {len(edges):,}")
        for edges, color, style, name in kinds
    ]
    ax.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.5, -0.1), ncols=3, frameon=False, fontsize=9)
    alone = int(true.num_nodes or 0) - drawing.number_of_nodes()
    note = f"\n{counted(alone, 'user')} without a link left out" if alone else ""
    ax.set_title(title + note, color=INK, fontsize=11, parse_math=False)
    ax.set_axis_off()
