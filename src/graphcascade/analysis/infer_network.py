from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.utils import coalesce

from graphcascade.analysis.infer_parents import infer_parents
from graphcascade.data import CascadeDataset
from graphcascade.data.segments import ordered_pairs, segment_ids, segment_positions
from graphcascade.errors import DataError, UsageError
from graphcascade.models.next_user import NextUserModel, Reading, TrueHazards

__all__ = ["count_links", "infer_network", "keep_links"]


SHARE = 0.3


def infer_network(
    model: NextUserModel | TrueHazards | None,
    dataset: CascadeDataset,
    reading: Reading = "alignment",
    share: float = SHARE,
) -> Data:
    """The network that cascades spread on, from who infected whom.

    CYAN-RNN paper, Section 4.2: pairs of a user and the one who infected them are counted, and kept above a threshold.
    The threshold looks at nothing but the cascades, see :func:`keep_links`.

    Args:
        model: A model with alignments; ``None`` holds the event just before responsible.
        dataset: Cascades.
        reading: See :func:`infer_parents`.
        share: Smallest share of the cascades in which the one comes after the other; 0 keeps all pairs.

    Returns:
        ``Data(edge_index, edge_weight, num_nodes)``: edges from who infects to whom, with their counts, sorted.

    Raises:
        UsageError: A model without alignments of this kind; a share that is not in [0, 1].
        DataError: No cascade has a second user.
    """
    if not 0 <= share <= 1:
        raise UsageError(f"share={share}: must be 0 to 1.")
    return keep_links(count_links(infer_parents(model, dataset, reading), dataset), dataset, share)


def count_links(parent: Tensor, dataset: CascadeDataset) -> Data:
    """Counts who infected whom.

    Args:
        parent: As of :func:`infer_parents`.
        dataset: The same cascades.

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
    return Data(edge_index=edge_index, edge_weight=count, num_nodes=dataset.num_users, weight_is="count")


def keep_links(graph: Data, dataset: CascadeDataset, share: float = SHARE) -> Data:
    """Links that explain enough of what they could: a share of the cascades in which the target comes after the source.

    Args:
        graph: As of :func:`count_links`.
        dataset: The same cascades.
        share: Smallest share; 0 keeps all links.
    """
    edge_index, count = graph["edge_index"], graph["edge_weight"]
    users, table = dataset.num_users, dataset.table
    key = edge_index[0] * users + edge_index[1]
    could = torch.zeros_like(count)
    for earlier, later in ordered_pairs(table.ptr):
        pair = table.user[earlier] * users + table.user[later]
        place = torch.searchsorted(key, pair).clamp(max=key.numel() - 1)
        could += torch.bincount(place[key[place] == pair], minlength=key.numel())
    kept = count >= share * could
    return Data(edge_index=edge_index[:, kept], edge_weight=count[kept], num_nodes=graph.num_nodes, weight_is="count")
