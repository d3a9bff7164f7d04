from __future__ import annotations

import copy

import torch
from torch_geometric.data import Data

from graphcascade.data.link_columns import LINK_COLUMNS
from graphcascade.errors import UsageError
from graphcascade.value_types import check_numbers

__all__ = ["select_links"]


@check_numbers
def select_links(graph: Data, min_support: int = 0, top: int | None = None) -> Data:
    """Selects the links of an inferred network with the most evidence, and orders them by it.

    Args:
        graph: A network with the evidence of each link, see :func:`link_evidence`.
        min_support: Smallest number of cascades in which the second user comes after the first.
        top: Largest number of links; all if not given.

    Returns:
        The graph with these links only, in the order of their ``gain`` in log-likelihood, largest first.

    Raises:
        UsageError: The graph has no evidence; ``min_support`` is negative; ``top`` is less than 1.
    """
    if "gain" not in graph or "support" not in graph:
        raise UsageError(argument="graph", reason="has no evidence for its links; call link_evidence() first")
    if min_support < 0:
        raise UsageError(argument="min_support", value=min_support, reason="must be 0 or more")
    if top is not None and top < 1:
        raise UsageError(argument="top", value=top, reason="must be 1 or more")
    order = torch.argsort(graph["gain"], descending=True, stable=True)
    order = order[graph["support"][order] >= min_support][:top]
    result = copy.copy(graph)
    for name in ("edge_index", "edge_weight", *LINK_COLUMNS, "by_chance", "chance_probability", "beyond_chance"):
        if name in graph:
            result[name] = graph[name][..., order]
    return result
