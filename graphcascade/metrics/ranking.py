"""Measures of where the true next user stands in a ranking."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor

from graphcascade.errors import UsageError

__all__ = ["Ties", "hits", "reciprocal_ranks", "resolve_ties"]

Ties = Literal["mean", "optimistic", "pessimistic"]


def resolve_ties(higher: Tensor, same: Tensor, ties: Ties = "mean") -> Tensor:
    """Ranks, from how many others score higher and how many the same.

    Args:
        higher: Others with a higher score, ``[R]``.
        same: Others with the same score, ``[R]``.
        ties: Among those with the same score, the true one stands in the ``"mean"`` place, first (``"optimistic"``),
            or last (``"pessimistic"``).

    Returns:
        Ranks from 1, ``[R]`` float64.
    """
    share = {"mean": 0.5, "optimistic": 0.0, "pessimistic": 1.0}
    if ties not in share:
        raise UsageError(f"ties={ties!r}: use 'mean', 'optimistic' or 'pessimistic'.")
    return 1 + higher.double() + share[ties] * same.double()


def hits(rank: Tensor, k: int) -> Tensor:
    """1 where the true user is among the first ``k``, else 0, ``[R]`` float64. An infinite rank is a miss."""
    return (rank <= k).double()


def reciprocal_ranks(rank: Tensor) -> Tensor:
    """1 / rank, ``[R]`` float64. An infinite rank gives 0."""
    return torch.where(rank == math.inf, 0.0, 1 / rank)
