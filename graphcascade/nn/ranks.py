from __future__ import annotations

import math

import torch
from torch import Tensor

from graphcascade.errors import UsageError

__all__ = ["check_finite", "count_better"]


def check_finite(score: Tensor) -> None:
    """Raises an error if a score is not finite, because a ranking by such scores has no meaning.

    Raises:
        UsageError: A score is NaN or infinite.
    """
    if score.numel() == 0:
        return
    low, high = torch.aminmax(score)  # NaN passes through; many times faster than isfinite()
    if not (math.isfinite(low) and math.isfinite(high)):
        raise UsageError("the model's scores are not finite, so users cannot be ranked: has training diverged?")


@torch.no_grad()
def count_better(score: Tensor, target: Tensor, infected: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
    """Counts the candidates with a higher score than the true one, and those with the same score, without sorting.

    Args:
        score: Scores, ``[R, V]``; overwritten at ``infected``.
        target: Column of the true candidate of each row, ``[R]`` int64.
        infected: Rows and columns of the candidates that are left out, ``[P]`` each.

    Returns:
        For each row the number of other candidates with a higher score, and with the same score, ``[R]`` int64 each.

    Raises:
        UsageError: A score is not finite.
    """
    check_finite(score)
    own = score.gather(1, target[:, None])
    if infected is not None:
        score[infected] = -math.inf
        score.scatter_(1, target[:, None], own)
    # int32 sums run twice as fast as int64
    higher, same = (score > own).sum(1, dtype=torch.int32), (score == own).sum(1, dtype=torch.int32)
    return higher.long(), same.long() - 1
