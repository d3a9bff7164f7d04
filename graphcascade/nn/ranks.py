from __future__ import annotations

import math

import torch
from torch import Tensor

from graphcascade.errors import UsageError

__all__ = ["check_finite", "count_better"]


def check_finite(score: Tensor) -> None:
    """Refuses scores that are not finite: a ranking by them would mean nothing.

    Raises:
        UsageError: If one is NaN or infinite.
    """
    if score.numel() == 0:
        return
    low, high = torch.aminmax(score)  # NaN passes through; many times faster than isfinite()
    if not (math.isfinite(low) and math.isfinite(high)):
        raise UsageError("the model's scores are not finite, so ranks would mean nothing: has training diverged?")


@torch.no_grad()
def count_better(score: Tensor, target: Tensor, infected: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
    """Where the true answer stands among all, by counting rather than sorting.

    Args:
        score: Scores, ``[R, V]``; overwritten at ``infected``.
        target: Column of the true answer of each row, ``[R]`` int64.
        infected: Rows and columns that do not count, ``[P]`` each.

    Returns:
        For each row, how many others have a higher score, and how many have the same, ``[R]`` int64 each.

    Raises:
        UsageError: If a score is not finite: a rank would mean nothing.
    """
    check_finite(score)
    own = score.gather(1, target[:, None])
    if infected is not None:
        score[infected] = -math.inf
        score.scatter_(1, target[:, None], own)
    # int32 sums run twice as fast as int64
    higher, same = (score > own).sum(1, dtype=torch.int32), (score == own).sum(1, dtype=torch.int32)
    return higher.long(), same.long() - 1
