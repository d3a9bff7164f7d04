from __future__ import annotations

import logging

import networkx as nx
from torch_geometric.data import Data

from graphcascade.data import Cascade, CascadeDataset
from graphcascade.data.link_columns import LINK_COLUMNS
from graphcascade.errors import UsageError
from graphcascade.io.network_facts import graph_facts
from graphcascade.plurals import counted

__all__ = ["to_networkx"]

logger = logging.getLogger(__name__)


def to_networkx(graph: Data, dataset: CascadeDataset | None = None) -> nx.DiGraph:  # type: ignore[type-arg]
    """Converts a cascade, or a network over users, to a networkx graph.

    Args:
        graph: A :class:`~graphcascade.data.Cascade`, or a Data over users with ``edge_index`` and optionally
            ``edge_weight``.
        dataset: Dataset with the ids of the users; without it, nodes are the numbers of the users.

    Returns:
        For a cascade: a node for each user, with its ``time``, and an edge from each parent to its child if parents are
        known, or else the edges of ``edge_index``, if there are any. For a network: a node for each user, edges with
        their ``weight`` and evidence, and the facts about it (see :func:`~graphcascade.io.write_graph`).

    Raises:
        UsageError: The dataset has another number of users.
    """
    result: nx.DiGraph = nx.DiGraph()  # type: ignore[type-arg]
    edge_index = None if graph.edge_index is None else graph.edge_index.t().tolist()
    if isinstance(graph, Cascade):
        users = graph["user"].tolist()
        if dataset is not None and max(users, default=-1) >= dataset.num_users:
            reason = f"is a cascade of the user {max(users)}, and {dataset.name} has {dataset.num_users:,} users"
            raise UsageError(argument="graph", reason=reason)
        label = users if dataset is None else dataset.user_ids[graph["user"].numpy()].tolist()
        result.add_nodes_from((node, {"time": time}) for node, time in zip(label, graph["time"].tolist(), strict=True))
        parent = graph.get("parent")
        if parent is not None:
            edges = [(cause, event) for event, cause in enumerate(parent.tolist()) if cause != event]
        else:
            edges = edge_index or []
        result.add_edges_from((label[cause], label[event]) for cause, event in edges)
        return result
    num_users = int(graph.num_nodes or 0)
    if dataset is not None and dataset.num_users != num_users:
        reason = f"has {num_users:,} users, and {dataset.name} has {dataset.num_users:,}"
        raise UsageError(argument="graph", reason=reason)
    label = list(range(num_users)) if dataset is None else dataset.user_ids.tolist()
    result.add_nodes_from(label)
    result.graph.update(graph_facts(graph))
    if "source_count" in graph:
        counts = dict(zip(label, graph["source_count"].tolist(), strict=True))
        nx.set_node_attributes(result, counts, "source_count")
    result.add_edges_from((label[i], label[k]) for i, k in edge_index or [])
    repeated = len(edge_index or []) - result.number_of_edges()
    if repeated:
        logger.warning("left out %s; the first of each is kept.", counted(repeated, "repeated link"))
    for name, values in (("weight", graph.get("edge_weight")), *((name, graph.get(name)) for name in LINK_COLUMNS)):
        if values is not None:
            # In reverse order, so that repeated edges keep their first values.
            for (i, k), value in zip(reversed(edge_index or []), reversed(values.tolist()), strict=True):
                result.edges[label[i], label[k]][name] = value
    return result
