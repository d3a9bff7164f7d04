"""Each model belongs to a task."""

from __future__ import annotations

import pytest
from torch import nn

from graphcascade.errors import UsageError
from graphcascade.models import LSTM, MODELS, Netrate, PoissonProcess
from graphcascade.tasks import TASKS, task_of


@pytest.mark.parametrize("name", MODELS)
def test_every_registered_model_has_a_task(name: str) -> None:
    assert issubclass(MODELS[name], task_of(MODELS[name]).model)


def test_the_task_of_a_model_is_that_of_its_class() -> None:
    assert task_of(LSTM) is task_of(LSTM(3)) is TASKS["next-user"]
    assert task_of(Netrate()) is TASKS["network"]


def test_other_classes_belong_to_no_task() -> None:
    with pytest.raises(UsageError, match=r"PoissonProcess belongs to no task; .* NextUserPredictor \(next-user\)"):
        task_of(PoissonProcess)
    with pytest.raises(UsageError, match="Linear belongs to no task"):
        task_of(nn.Linear)  # type: ignore[arg-type]
