from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.utils import coalesce

from graphcascade.analysis.infer_parents import infer_parents
from graphcascade.data import CascadeDataset
from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.segments import (
    expand_ranges,
    num_pairs,
    ordered_pairs,
    portions,
    segment_ids,
    segment_positions,
    segment_ptr,
)
from graphcascade.data.sorted_keys import find_keys
from graphcascade.errors import DataError, UsageError
from graphcascade.models.next_user import AttributionKind, NextUserPredictor
from graphcascade.value_types import check_numbers

__all__ = ["count_links", "infer_network", "keep_links"]


SHARE = 0.3
CHUNK = 2**22  # events that are processed together; limits the memory


def infer_network(
    model: NextUserPredictor | None,
    dataset: CascadeDataset,
    attribution: AttributionKind = "alignment",
    share: float = SHARE,
) -> Data:
    """Infers the network that cascades spread on from estimates of who infected whom.

    As in the CYAN-RNN paper, Section 4.2, pairs of users of whom one infected the other are counted and kept if the
    count reaches a threshold. The threshold depends only on the cascades, see :func:`keep_links`.

    Args:
        model: A model with alignments; ``None`` attributes each infection to the event just before it.
        dataset: Cascades.
        attribution: See :func:`infer_parents`.
        share: Smallest share of the cascades in which the second user comes after the first; 0 keeps all pairs.

    Returns:
        ``Data(edge_index, edge_weight, num_nodes)``: sorted edges from a user to those they infect, with counts as
        weights. The attribute ``weight_is`` is "count"; cascades cannot be simulated with such weights.

    Raises:
        UsageError: The model has no alignments of this kind, or the share is not in [0, 1].
        DataError: No cascade has a second user.
    """
    if not 0 <= share <= 1:
        raise UsageError(argument="share", value=share, reason="must be 0 to 1")
    return keep_links(count_links(infer_parents(model, dataset, attribution), dataset), dataset, share)


def count_links(parent: Tensor, dataset: CascadeDataset) -> Data:
    """Counts how often each user infected each other user.

    Args:
        parent: Parents of the events, as :func:`infer_parents` returns them.
        dataset: The same cascades.

    Returns:
        A graph as in :func:`infer_network`.

    Raises:
        DataError: No cascade has a second user.
    """
    table = dataset.table
    later = segment_positions(table.ptr) > 0
    if not bool(later.any()):
        raise DataError(f"{dataset.name}: no cascade has a second user, so there are no infections to count.")
    parent = parent + table.ptr[:-1][segment_ids(table.ptr)]
    pairs = torch.stack([table.user[parent[later]], table.user[later]])
    ones = torch.ones(pairs.size(1), dtype=torch.float64)
    edge_index, count = coalesce(pairs, ones, num_nodes=dataset.num_users)
    return Data(edge_index=edge_index, edge_weight=count, num_nodes=dataset.num_users, weight_is="count")


@check_numbers
def keep_links(graph: Data, dataset: CascadeDataset, share: float = SHARE) -> Data:
    """Keeps links that explain at least a share of the cascades in which their second user comes after the first.

    Args:
        graph: Counts, as :func:`count_links` returns them.
        dataset: The same cascades.
        share: Smallest share; 0 keeps all links.
    """
    edge_index, count = graph["edge_index"], graph["edge_weight"]
    kept = count >= share * count_ordered(edge_index, dataset.table)
    return Data(edge_index=edge_index[:, kept], edge_weight=count[kept], num_nodes=graph.num_nodes, weight_is="count")


def count_ordered(edge_index: Tensor, table: CascadeTable) -> Tensor:
    """Counts the cascades in which the target of each sorted edge comes after its source, ``[M]`` float64."""
    if edge_index.numel() == 0:
        return torch.empty(0, dtype=torch.float64)
    occurrences = torch.bincount(table.user, minlength=table.num_users)
    rarer = (occurrences[edge_index[0]] > occurrences[edge_index[1]]).long()
    one, other = edge_index.gather(0, torch.stack([rarer, 1 - rarer]))
    size = occurrences[one]
    found = torch.zeros(edge_index.size(1), dtype=torch.float64)
    if num_pairs(table.ptr) <= int(size.sum()):
        key = edge_index[0] * table.num_users + edge_index[1]
        for earlier, later in ordered_pairs(table.ptr):
            place, present = find_keys(key, table.user[earlier] * table.num_users + table.user[later])
            edge = place[present]
            found += torch.bincount(edge, minlength=found.numel())
        return found
    # In long cascades, the rarer user of each edge has fewer events than there are pairs; searches at these events.
    by_user, bounds, cascade = torch.argsort(table.user, stable=True), segment_ptr(occurrences), segment_ids(table.ptr)
    key, event_of_key = torch.sort(cascade * table.num_users + table.user)
    for part in portions(size, CHUNK):
        entry, each = expand_ranges(bounds[one[part]], bounds[one[part] + 1])
        edge, event = segment_ids(each) + part.start, by_user[entry]
        place, present = find_keys(key, cascade[event] * table.num_users + other[edge])
        edge, later = edge[present], event_of_key[place[present]] > event[present]
        found += torch.bincount(edge[later == (rarer[edge] == 0)], minlength=found.numel())
    return found
