from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from graphcascade.data.dataset import CascadeDataset
from graphcascade.errors import UsageError

__all__ = ["check_head_share", "head_sources"]


def check_head_share(share: float | Literal["half"], name: str) -> None:
    """Refuses what is no share of the sources.

    Raises:
        UsageError: If it is none.
    """
    if share != "half" and not (isinstance(share, float | int) and 0 < share < 1):
        raise UsageError(f"{name}={share!r}: must be above 0 and below 1, or 'half'.")


def head_sources(train: CascadeDataset, share: float | Literal["half"] = 0.2) -> Tensor:
    """The sources with most cascades: the head, whom DSSF tells from the long tail of the others.

    Args:
        train: Training cascades.
        share: Share of the sources that are head, above 0 and below 1; or "half", the fewest that have half of the
            cascades. Of equal ones at the border the lower user numbers are head.

    Returns:
        Which users are head sources, ``[num_users]`` bool. All others are tail, those too whom training never saw as
        sources.

    Raises:
        UsageError: A share that is not above 0 and below 1; fewer than two sources.
    """
    check_head_share(share, "share")
    table = train.table
    count = torch.bincount(table.user[table.ptr[:-1]], minlength=train.num_users)
    sources = int((count > 0).sum())
    if sources < 2:
        raise UsageError(f"{train.name}: training has {sources} source, and head and tail need two.")
    order = count.argsort(descending=True, stable=True)
    if share == "half":
        before = count[order].cumsum(0) - count[order]
        head = int((2 * before < table.num_cascades).sum())
    else:
        head = round(share * sources)
    is_head = torch.zeros(train.num_users, dtype=torch.bool)
    is_head[order[: min(max(1, head), sources - 1)]] = True
    return is_head
