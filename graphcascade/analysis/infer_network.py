from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.utils import coalesce

from graphcascade.analysis.infer_parents import infer_parents
from graphcascade.data import CascadeDataset
from graphcascade.data.segments import (
    expand_ranges,
    num_pairs,
    ordered_pairs,
    portions,
    segment_ids,
    segment_positions,
    segment_ptr,
)
from graphcascade.data.table import CascadeTable
from graphcascade.errors import DataError, UsageError
from graphcascade.models import TrueHazards
from graphcascade.models.next_user import AttributionKind, NextUserModel

__all__ = ["count_links", "infer_network", "keep_links"]


SHARE = 0.3
CHUNK = 2**22  # events that are looked at together: bounds the memory


def infer_network(
    model: NextUserModel | TrueHazards | None,
    dataset: CascadeDataset,
    reading: AttributionKind = "alignment",
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
        ``Data(edge_index, edge_weight, num_nodes)``: edges from who infects to whom, with their counts, sorted. Its
        attribute ``weight_is`` is "count": cascades cannot be simulated with such weights.

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
    kept = count >= share * count_ordered(edge_index, dataset.table)
    return Data(edge_index=edge_index[:, kept], edge_weight=count[kept], num_nodes=graph.num_nodes, weight_is="count")


def count_ordered(edge_index: Tensor, table: CascadeTable) -> Tensor:
    """In how many cascades the target of each sorted edge comes after its source, ``[M]`` float64."""
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
            edge, _ = _find(key, table.user[earlier] * table.num_users + table.user[later])
            found += torch.bincount(edge, minlength=found.numel())
        return found
    # In long cascades there are fewer events of the rarer user of each edge than pairs: looks there for the other user.
    by_user, bounds, cascade = torch.argsort(table.user, stable=True), segment_ptr(occurrences), segment_ids(table.ptr)
    key, event_of_key = torch.sort(cascade * table.num_users + table.user)
    for part in portions(size, CHUNK):
        entry, each = expand_ranges(bounds[one[part]], bounds[one[part] + 1])
        edge, event = segment_ids(each) + part.start, by_user[entry]
        place, there = _find(key, cascade[event] * table.num_users + other[edge])
        edge, later = edge[there], event_of_key[place] > event[there]
        found += torch.bincount(edge[later == (rarer[edge] == 0)], minlength=found.numel())
    return found


def _find(key: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Places in the sorted ``key`` of those ``wanted`` that are there, and which of them these are."""
    place = torch.searchsorted(key, wanted).clamp(max=key.numel() - 1)
    there = (key[place] == wanted).nonzero().view(-1)
    return place[there], there
