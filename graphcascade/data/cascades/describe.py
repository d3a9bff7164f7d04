"""Summary statistics of a dataset."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch

from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.invalid_rows import invalid_row_figures
from graphcascade.data.segments import pairs_by_user, segment_ids
from graphcascade.errors import UsageError

__all__ = ["count_pairs", "describe_table"]

MAX_PAIRS = 50_000_000


def count_pairs(table: CascadeTable) -> int | None:
    """Counts ordered pairs of users (u before v) that occur together in a cascade (NDM paper, Table 1, "Links").

    All pairs whose earlier user is in a single cascade are distinct, so only the pairs of the other users are compared.
    Memory is bounded; time grows with the number of pairs that are compared.

    Returns:
        The number of distinct pairs, or ``None`` if more than 50 million pairs would have to be compared.
    """
    later = table.ptr[1:][segment_ids(table.ptr)] - torch.arange(table.num_events) - 1
    once = torch.bincount(table.user, minlength=table.num_users)[table.user] == 1
    if int(later[~once].sum()) > MAX_PAIRS:
        return None
    pairs = int(later[once].sum())
    for earlier, after in pairs_by_user(table.user, table.ptr, torch.nonzero(~once).view(-1)):
        pairs += (table.user[earlier] * table.num_users + table.user[after]).unique().numel()
    return pairs


def describe_table(table: CascadeTable, pairs: bool = True) -> pd.Series[Any]:
    """Returns the summary statistics of a table; see :meth:`CascadeDataset.describe`."""
    if table.num_cascades == 0:
        raise UsageError(f"{table.name}: there is no cascade to describe.")
    size = table.size
    cascade = segment_ids(table.ptr)
    tied = (table.time[1:] == table.time[:-1]) & (cascade[1:] == cascade[:-1])
    figures: dict[str, object] = {
        "users": table.num_users,
        "users in cascades": table.user.unique().numel(),
        "cascades": table.num_cascades,
        "events": table.num_events,
        "mean length": round(table.num_events / table.num_cascades, 4),
        "median length": float(np.median(size.numpy())),
        "longest cascade": int(size.max()),
        "cascades of one user": int((size == 1).sum()),
        "sources": table.source.unique().numel(),
        **({"co-occurring pairs": count_pairs(table)} if pairs else {}),
        "cascades with tied times": cascade[1:][tied].unique().numel(),
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
