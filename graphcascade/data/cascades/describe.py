"""Summary statistics of a dataset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.invalid_rows import invalid_row_figures
from graphcascade.data.segments import pairs_by_user, portions, segment_ids
from graphcascade.errors import UsageError

__all__ = ["count_pairs", "describe_table"]

MAX_PAIRS = 50_000_000
PORTION = 2**20  # events that are read together


def count_pairs(table: CascadeTable) -> int | None:
    """Counts ordered pairs of users (u before v) that occur together in a cascade (NDM paper, Table 1, "Links").

    All pairs whose earlier user is in a single cascade are distinct, so only the pairs of the other users are compared.
    Memory is bounded; time grows with the number of pairs that are compared.

    Returns:
        The number of distinct pairs, or ``None`` if more than 50 million pairs would have to be compared.
    """
    often = torch.bincount(table.user, minlength=table.num_users) > 1
    compared = single = 0
    for first, last, ptr in _portions(table):
        user = table.user[first:last]
        later = ptr[1:][segment_ids(ptr)] - torch.arange(user.numel()) - 1
        compared += int(later[often[user]].sum())
        single += int(later[~often[user]].sum())
    if compared > MAX_PAIRS:
        return None
    pairs = single
    for earlier, after in pairs_by_user(table.user, table.ptr, torch.nonzero(often[table.user]).view(-1)):
        pairs += (table.user[earlier] * table.num_users + table.user[after]).unique().numel()
    return pairs


def _portions(table: CascadeTable) -> Iterator[tuple[int, int, Tensor]]:
    """Yields portions of whole cascades: their first event, the last one, and the boundaries of the cascades in it."""
    for part in portions(table.size, PORTION):
        ptr = table.ptr[part.start : part.stop + 1]
        yield int(ptr[0]), int(ptr[-1]), ptr - ptr[0]


def describe_table(table: CascadeTable, pairs: bool = True) -> pd.Series[Any]:
    """Returns the summary statistics of a table; see :meth:`CascadeDataset.describe`."""
    if table.num_cascades == 0:
        raise UsageError(f"{table.name}: there is no cascade to describe.")
    size = table.size
    in_cascades = torch.zeros(table.num_users, dtype=torch.bool)
    tied = 0
    for first, last, ptr in _portions(table):
        in_cascades[table.user[first:last]] = True
        time, cascade = table.time[first:last], segment_ids(ptr)
        same = (time[1:] == time[:-1]) & (cascade[1:] == cascade[:-1])
        tied += cascade[1:][same].unique().numel()
    figures: dict[str, object] = {
        "users": table.num_users,
        "users in cascades": int(in_cascades.sum()),
        "cascades": table.num_cascades,
        "events": table.num_events,
        "mean length": round(table.num_events / table.num_cascades, 4),
        "median length": float(np.median(size.numpy())),
        "longest cascade": int(size.max()),
        "cascades of one user": int((size == 1).sum()),
        "sources": table.source.unique().numel(),
        **({"co-occurring pairs": count_pairs(table)} if pairs else {}),
        "cascades with tied times": tied,
        "first time": float(table.time.min()),
        "last time": float(table.time.max()),
        "time unit": table.time_unit or "not stated",
        "parents known": table.parent is not None,
    }
    if table.follow_graph is not None:
        figures["follow links"] = table.follow_graph.num_edges
        figures["follow links to users in no cascade, left out"] = table.follow_edges_outside
    if table.true_graph is not None:
        figures["links of the true network"] = table.true_graph.num_edges
    if table.part is not None:
        for number, name in enumerate(("train", "validation", "test")):
            figures[f"{name} cascades in the files"] = int((table.part == number).sum())
    figures["cascades longer than the size limit, cut"] = 0 if table.cut is None else int(table.cut.sum())
    figures["cascades outside the size limits, dropped"] = table.dropped
    figures["reordered cascades, repaired"] = table.repairs.reordered_cascades
    figures["repeated users, repaired"] = table.repairs.repeated_users
    figures["sources without a time, repaired"] = table.repairs.untimed_sources
    figures["parents reattached, repaired"] = table.repairs.reattached_parents
    figures["events of unknown users, left out"] = table.repairs.unknown_users
    figures["events without a time at the end of a truncated file, left out"] = table.repairs.cut_off_events
    figures |= invalid_row_figures(table.repairs.invalid_rows)
    return pd.Series(figures, name=table.name, dtype=object)
