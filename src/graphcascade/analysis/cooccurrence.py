from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import torch

from graphcascade.data import CascadeDataset
from graphcascade.data.segments import ordered_pairs
from graphcascade.errors import UsageError

__all__ = ["cooccurrence_by_distance"]


def cooccurrence_by_distance(
    dataset: CascadeDataset, between: Sequence[int] = (0, 1, 2, 3), near: int = 10, top: float = 0.05
) -> pd.DataFrame:
    """In how many cascades two users occur together, given that some cascade has K users between them.

    NDM paper, Section 3.2, Fig. 2 (all pairs) and Fig. 3 (the pairs of highest count). The expectation is over the
    occurrences of pairs with K users between them: counting each pair of users once instead, the decrease with K that
    the paper reports is not there on Memetracker.

    Args:
        dataset: Cascades; use those of the training only if a model is to learn from it.
        between: Values of K with a row of their own.
        near: There is a row for K below this number, and one for all others.
        top: Share of the pairs of highest count.

    Returns:
        A row for each K: ``between`` ("0", ..., "< 10", ">= 10"), ``pairs`` (occurrences), their ``mean``, and ``top``,
        the mean over the share of highest count; NaN where no pair is at that distance.

    Raises:
        UsageError: A negative K; a share that is not in (0, 1].
    """
    if min(between, default=0) < 0 or near < 1:
        raise UsageError(f"between={tuple(between)}, near={near}: must be 0 or more, and near at least 1.")
    if not 0 < top <= 1:
        raise UsageError(f"top={top}: must be above 0, and at most 1.")
    table, far = dataset.table, max([near, *(k + 1 for k in between)])
    # How often each pair occurs with K users between: K stands for itself below ``far``, and for all others there.
    seen, times = torch.empty(0, dtype=torch.long), torch.empty(0, dtype=torch.long)
    for earlier, later in ordered_pairs(table.ptr):
        one, other = table.user[earlier], table.user[later]
        pair = torch.minimum(one, other) * dataset.num_users + torch.maximum(one, other)
        pair = pair * (far + 1) + (later - earlier - 1).clamp(max=far)
        seen, place = torch.unique(torch.cat([seen, pair]), return_inverse=True)
        times = torch.bincount(place, torch.cat([times, torch.ones_like(pair)]).double()).long()
    distance = seen % (far + 1)
    _, place = torch.unique(seen // (far + 1), return_inverse=True)
    # A cascade has a pair once at most, so the occurrences of a pair are the cascades that both occur in.
    together = torch.bincount(place, times.double())[place] if seen.numel() else torch.empty(0, dtype=torch.float64)
    order = torch.argsort(together, descending=True)
    groups = {str(k): distance == k for k in between} | {f"< {near}": distance < near, f">= {near}": distance >= near}
    rows = []
    for name, inside in groups.items():
        kept = order[inside[order]]
        weight, value = times[kept].double(), together[kept]
        count = float(weight.sum())
        highest = (top * count - (weight.cumsum(0) - weight)).clamp(min=0).minimum(weight)
        rows.append(
            {
                "between": name,
                "pairs": int(count),
                "mean": float((weight * value).sum()) / count if count else math.nan,
                "top": float((highest * value).sum() / highest.sum()) if count else math.nan,
            }
        )
    return pd.DataFrame(rows)
