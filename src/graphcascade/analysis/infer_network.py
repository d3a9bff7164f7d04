from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.utils import coalesce

from graphcascade.analysis.infer_parents import infer_parents
from graphcascade.data import CascadeDataset
from graphcascade.data.segments import segment_ids, segment_positions
from graphcascade.errors import DataError, UsageError
from graphcascade.models.next_user import NextUserModel, Reading, TrueHazards

__all__ = ["count_links", "infer_network", "keep_links"]


def infer_network(
    model: NextUserModel | TrueHazards | None,
    dataset: CascadeDataset,
    reading: Reading = "alignment",
    share: float = 0.05,
) -> Data:
    """The network that cascades spread on, from who infected whom.

    CYAN-RNN paper, Section 4.2: pairs of a user and the one who infected them are counted, and kept above a threshold.
    The threshold looks at nothing but the counts: an edge stays if it explains at least ``share`` of the infections of
    its target.

    Args:
        model: A model with alignments; ``None`` holds the event just before responsible.
        dataset: Cascades.
        reading: See :func:`infer_parents`.
        share: Smallest share of a user's infections; 0 keeps all pairs.

    Returns:
        ``Data(edge_index, edge_weight, num_nodes)``: edges from who infects to whom, with their counts, sorted.

    Raises:
        UsageError: A model without alignments of this kind; a share that is not in [0, 1].
        DataError: No cascade has a second user.
    """
    if not 0 <= share <= 1:
        raise UsageError(f"share={share}: must be 0 to 1.")
    return count_links(infer_parents(model, dataset, reading), dataset, share)


def count_links(parent: Tensor, dataset: CascadeDataset, share: float = 0.05) -> Data:
    """The network of who infected whom, as :func:`infer_network` counts it.

    Args:
        parent: As of :func:`infer_parents`.
        dataset: The same cascades.
        share: Smallest share of a user's infections; 0 keeps all pairs.

    Returns:
        See :func:`infer_network`.

    Raises:
        DataError: No cascade has a second user.
    """
    table = dataset.table
    later = segment_positions(table.ptr) > 0
    if not bool(later.any()):
        raise DataError(f"{dataset.name}: no cascade has a second user, so nobody infected anybody.")
    parent = parent + table.ptr[:-1][segment_ids(table.ptr)]
    pairs = torch.stack([table.user[parent[later]], table.user[later]])
    ones = torch.ones(pairs.size(1), dtype=torch.float64)
    edge_index, count = coalesce(pairs, ones, num_nodes=dataset.num_users)
    return keep_links(Data(edge_index=edge_index, edge_weight=count, num_nodes=dataset.num_users), share)


def keep_links(graph: Data, share: float) -> Data:
    """Links of at least a share of all the weight that leads to their target.

    Args:
        graph: ``edge_index``, ``edge_weight``, ``num_nodes``.
        share: Smallest share; 0 keeps all links.
    """
    edge_index, weight = graph["edge_index"], graph["edge_weight"]
    total = weight.new_zeros(int(graph.num_nodes or 0)).index_add_(0, edge_index[1], weight)
    kept = weight >= share * total[edge_index[1]]
    return Data(edge_index=edge_index[:, kept], edge_weight=weight[kept], num_nodes=graph.num_nodes)
