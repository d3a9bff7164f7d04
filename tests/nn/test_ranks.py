from __future__ import annotations

import math

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.nn import check_finite, count_better


def test_counts_match_those_by_hand() -> None:
    score = torch.tensor([[3.0, 1.0, 3.0, 2.0], [0.0, 0.0, 0.0, 0.0]])
    higher, same = count_better(score.clone(), torch.tensor([3, 1]))
    assert (higher.tolist(), same.tolist()) == ([2, 0], [0, 3])
    infected = torch.tensor([0, 1, 1]), torch.tensor([2, 0, 3])
    higher, same = count_better(score.clone(), torch.tensor([3, 1]), infected)
    assert (higher.tolist(), same.tolist()) == ([1, 0], [0, 1])
    assert higher.dtype == same.dtype == torch.int64


def test_an_infected_target_still_has_a_rank() -> None:
    score = torch.tensor([[3.0, 1.0, 2.0]])
    higher, same = count_better(score, torch.tensor([1]), (torch.tensor([0, 0]), torch.tensor([0, 1])))
    assert (higher.tolist(), same.tolist()) == ([1], [0])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_scores_must_be_finite(value: float) -> None:
    score = torch.tensor([[1.0, value, 2.0]])
    with pytest.raises(UsageError, match="not finite, so users cannot be ranked"):
        check_finite(score)
    with pytest.raises(UsageError, match="not finite"):
        count_better(score, torch.tensor([0]))


def test_an_empty_tensor_of_scores_is_accepted() -> None:
    check_finite(torch.empty(0, 3))
