from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from graphcascade.data.cascades.dataset import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.value_types import check_numbers

__all__ = ["check_head_share", "head_sources"]


def check_head_share(share: float | Literal["half"], name: str) -> None:
    """Raises an error if ``share`` is not a valid share of the sources.

    Raises:
        UsageError: ``share`` is neither "half" nor a number between 0 and 1.
    """
    if share != "half" and not (isinstance(share, float | int) and 0 < share < 1):
        raise UsageError(argument=name, value=share, reason="must be above 0 and below 1, or 'half'")


@check_numbers
def head_sources(train: CascadeDataset, share: float | Literal["half"] = 0.2) -> Tensor:
    """Returns the head sources: those with the most cascades, which DSSF distinguishes from the long tail.

    Args:
        train: Training cascades.
        share: Share of the sources that are head, above 0 and below 1; or "half": the smallest number of sources that
            together started half of the cascades. Ties go to the lower user number.

    Returns:
        A mask of the head sources, ``[num_users]`` bool. All other users are tail, including those who are not sources
        of training cascades.

    Raises:
        UsageError: The share is not valid; there are fewer than two sources.
    """
    check_head_share(share, "share")
    table = train.table
    count = torch.bincount(table.user[table.ptr[:-1]], minlength=train.num_users)
    sources = int((count > 0).sum())
    if sources < 2:
        raise UsageError(f"{train.name}: the training cascades have {sources} source; head and tail need at least two.")
    order = count.argsort(descending=True, stable=True)
    if share == "half":
        before = count[order].cumsum(0) - count[order]
        head = int((2 * before < table.num_cascades).sum())
    else:
        head = round(share * sources)
    is_head = torch.zeros(train.num_users, dtype=torch.bool)
    is_head[order[: min(max(1, head), sources - 1)]] = True
    return is_head
