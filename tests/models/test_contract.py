"""The contract fails for models that violate it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.models import RNN
from graphcascade.models.next_user import Encoding
from tests.models.contract import assert_batch_equals_one_by_one, assert_causal, assert_steps_equal_encode
from tests.models.small_data import random_dataset

DATASET = random_dataset([3, 2, 4], 8)


class SeesTheFuture(RNN):
    def encode(self, batch: Data, alignment: bool = False) -> Encoding:
        state = super().encode(batch).user
        return Encoding(state + state.roll(-1, 0))


class SeesTheBatch(RNN):
    def encode(self, batch: Data, alignment: bool = False) -> Encoding:
        return Encoding(super().encode(batch).user + batch.batch[:, None])


class Forgets(RNN):
    def advance(self, cache: Any, user: torch.Tensor, time: torch.Tensor) -> Any:
        return super().advance((*cache[:-1], torch.zeros_like(cache[-1])), user, time)


@pytest.mark.parametrize(
    ("model", "check"),
    [
        (SeesTheFuture, assert_causal),
        (SeesTheBatch, assert_batch_equals_one_by_one),
        (Forgets, assert_steps_equal_encode),
    ],
)
def test_a_broken_model_fails(model: Any, check: Any) -> None:
    torch.manual_seed(0)
    check(RNN(8, 3, 3).double().eval(), DATASET)
    with pytest.raises(AssertionError):
        check(model(8, 3, 3).double().eval(), DATASET)
