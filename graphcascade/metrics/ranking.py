"""Measures of the rank of the true next user."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor

from graphcascade.errors import UsageError

__all__ = ["Ties", "hits", "reciprocal_ranks", "resolve_ties"]

Ties = Literal["mean", "optimistic", "pessimistic"]


def resolve_ties(higher: Tensor, same: Tensor, ties: Ties = "mean") -> Tensor:
    """Returns ranks, given how many others have a higher score and how many the same.

    Args:
        higher: Number of others with a higher score, ``[R]``.
        same: Number of others with the same score, ``[R]``.
        ties: Position of the true user among those with the same score: in the ``"mean"`` position, first
            (``"optimistic"``), or last (``"pessimistic"``).

    Returns:
        Ranks from 1, ``[R]`` float64.

    Raises:
        UsageError: ``ties`` is none of these.
    """
    tie_share = {"mean": 0.5, "optimistic": 0.0, "pessimistic": 1.0}
    if ties not in tie_share:
        raise UsageError(argument="ties", value=ties, reason="use 'mean', 'optimistic' or 'pessimistic'")
    return 1 + higher.double() + tie_share[ties] * same.double()


def hits(rank: Tensor, k: int) -> Tensor:
    """Returns 1 if the rank is at most ``k``, else 0, ``[R]`` float64. An infinite rank is a miss."""
    return (rank <= k).double()


def reciprocal_ranks(rank: Tensor) -> Tensor:
    """Returns 1 / rank, ``[R]`` float64; 0 for an infinite rank."""
    return torch.where(rank == math.inf, 0.0, 1 / rank)
