from __future__ import annotations

import math

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.metrics import hits, reciprocal_ranks, resolve_ties


@pytest.mark.parametrize(
    ("ties", "expected"), [("mean", [1.0, 2.0, 4.5]), ("optimistic", [1.0, 1.0, 4.0]), ("pessimistic", [1.0, 3.0, 5.0])]
)
def test_ties_are_ranked_by_three_rules(ties: str, expected: list[float]) -> None:
    rank = resolve_ties(torch.tensor([0, 0, 3]), torch.tensor([0, 2, 1]), ties)  # type: ignore[arg-type]
    assert rank.tolist() == expected
    assert rank.dtype == torch.float64


def test_an_unknown_rule_raises_an_error() -> None:
    with pytest.raises(UsageError, match="ties='first': use 'mean', 'optimistic' or 'pessimistic'"):
        resolve_ties(torch.tensor([0]), torch.tensor([0]), "first")  # type: ignore[arg-type]


def test_hits_and_reciprocal_ranks() -> None:
    rank = torch.tensor([1.0, 2.0, 2.5, 4.0, math.inf], dtype=torch.float64)
    assert hits(rank, 1).tolist() == [1, 0, 0, 0, 0]
    assert hits(rank, 2).tolist() == [1, 1, 0, 0, 0]
    assert hits(rank, 10).tolist() == [1, 1, 1, 1, 0]
    assert reciprocal_ranks(rank).tolist() == [1, 0.5, 0.4, 0.25, 0]
