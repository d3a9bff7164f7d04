from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import torch
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.segments import num_pairs, pairs_by_user, segment_ids
from graphcascade.errors import DataError, UsageError
from graphcascade.value_types import check_numbers

__all__ = ["cooccurrence_by_distance"]

MAX_PAIRS = 1_000_000_000


@check_numbers
def cooccurrence_by_distance(
    dataset: CascadeDataset, between: Sequence[int] = (0, 1, 2, 3), near: int = 10, top: float = 0.05
) -> pd.DataFrame:
    """Counts the cascades that two users share, given that some cascade has K users between them.

    NDM paper, Section 3.2, Fig. 2 (all pairs) and Fig. 3 (the pairs of highest count). The expectation is over the
    occurrences of pairs with K users between them: if each pair of users is counted once instead, the
    decrease with K that the paper reports does not appear on Memetracker.

    Args:
        dataset: Cascades.
        between: Values of K, with one row each.
        near: One more row counts all K below this number, and one all others.
        top: Share of the pairs with the highest counts.

    Returns:
        A row for each K: ``between`` ("0", ..., "< 10", ">= 10"), ``pairs`` (occurrences), their ``mean``, and ``top``,
        the mean over the pairs with the highest counts; NaN if no pair has that distance.

    Raises:
        UsageError: A K is negative, or ``top`` is not in (0, 1].
        DataError: The cascades have more than a billion pairs of events.
    """
    if min(between, default=0) < 0:
        raise UsageError(argument="between", value=tuple(between), reason="each must be 0 or more")
    if near < 1:
        raise UsageError(argument="near", value=near, reason="must be at least 1")
    if not 0 < top <= 1:
        raise UsageError(argument="top", value=top, reason="must be above 0, and at most 1")
    table, far = dataset.table, max([near, *(k + 1 for k in between)])
    pairs = num_pairs(table.ptr)
    if pairs > MAX_PAIRS:
        raise DataError(
            f"{dataset.name}: its cascades hold {pairs:,} pairs of events, and at most {MAX_PAIRS:,} are compared; "
            f"leave out the longest cascades (the longest has {int(table.size.max()):,} events)."
        )
    occurrences = _count_occurrences(table, far)
    together = torch.arange(occurrences.size(1) - 1, -1, -1, dtype=torch.float64)
    distance = torch.arange(far + 1)
    groups = {str(k): distance == k for k in between} | {f"< {near}": distance < near, f">= {near}": distance >= near}
    rows = []
    for name, inside in groups.items():
        weight = occurrences[inside].sum(0).flip(0)  # highest counts first
        count = float(weight.sum())
        highest = (top * count - (weight.cumsum(0) - weight)).clamp(min=0).minimum(weight)
        rows.append(
            {
                "between": name,
                "pairs": int(count),
                "mean": float((weight * together).sum()) / count if count else math.nan,
                "top": float((highest * together).sum() / highest.sum()) if count else math.nan,
            }
        )
    return pd.DataFrame(rows)


def _count_occurrences(table: CascadeTable, far: int) -> Tensor:
    """Counts occurrences of pairs of users by the users between them and by the number of cascades with both.

    Returns:
        ``[far + 1, N + 1]`` float64; the last row has the pairs with ``far`` or more users between them.
    """
    cascades = table.num_cascades + 1
    occurrences = torch.zeros((far + 1) * cascades, dtype=torch.float64)
    # Events of each cascade sorted by user instead of time, so that every pair has the user of lower number first.
    event = torch.argsort(table.user, stable=True)
    event = event[torch.argsort(segment_ids(table.ptr)[event], stable=True)]
    user = table.user[event]
    for first, second in pairs_by_user(user, table.ptr, torch.arange(user.numel())):
        between = ((event[second] - event[first]).abs() - 1).clamp(max=far)
        pair = user[first] * table.num_users + user[second]
        found, times = torch.unique(pair * (far + 1) + between, return_counts=True)
        _, place = torch.unique_consecutive(found // (far + 1), return_inverse=True)
        # A cascade has each pair at most once, so the occurrences of a pair are the cascades with both users.
        together = torch.bincount(place, times)[place].long()
        occurrences += torch.bincount(
            found % (far + 1) * cascades + together, times.double(), minlength=occurrences.numel()
        )
    return occurrences.view(far + 1, cascades)
