"""Places the users of a network in the plane."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import numpy.typing as npt

__all__ = ["component_layout"]

CROWDED = 10  # users


def component_layout(edges: npt.NDArray[np.int64], count: int, seed: int = 0) -> npt.NDArray[np.float64]:
    """Places users so that linked ones are close; parts of the network that are not linked lie side by side.

    Args:
        edges: Links between the users, ``[2, M]``.
        count: Number of users.
        seed: Random seed of the first places.

    Returns:
        Places, ``[count, 2]``, of which each user has about one unit of area.
    """
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from(edges.T.tolist())
    place = np.zeros((count, 2))
    right = below = height = 0.0
    width = max(4.0, 2.4 * math.sqrt(count))  # of a row of parts; pictures are wider than high
    for part in sorted(nx.connected_components(graph), key=len, reverse=True):
        members = sorted(part)
        side = math.sqrt(2.0 * len(members))
        if len(members) > 1:
            found = nx.spring_layout(
                graph.subgraph(members), seed=seed, k=2.2 / math.sqrt(len(members)), iterations=200
            )
            at = np.array([found[member] for member in members])
            at = (at - at.min(0)) / max(float(np.ptp(at, axis=0).max()), 1e-9)
            if len(members) > CROWDED:  # spreads out a crowded middle: half way to equal distances
                at = (at + at.argsort(0).argsort(0) / (len(members) - 1)) / 2
        else:
            at = np.zeros((1, 2))
        if right and right + side > width:
            right, below, height = 0.0, below + height + 1.0, 0.0
        place[members] = at * side + (right, -below - side)
        right, height = right + side + 1.0, max(height, side)
    return place
