from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from graphcascade.errors import DataError, UsageError
from graphcascade.models import CascadeSizeLSTM, LinearCascadeSize, load_model, save_model
from graphcascade.trainers import CascadeSizeTrainer
from tests.models.cascade_size.small_cascades import growing_cascades
from tests.models.small_data import dataset_of


def lstm(**arguments: Any) -> CascadeSizeLSTM:
    torch.manual_seed(0)
    return CascadeSizeLSTM(200, **{"observe": "10s", "dim": 4, "hidden": 4, "dropout": 0.2, **arguments})


def test_a_run_that_is_resumed_equals_one_that_was_not_interrupted(tmp_path: Path) -> None:
    train, val, test = growing_cascades().splits()
    whole = CascadeSizeTrainer(max_epochs=4, progress=False).fit(lstm(), train, val)
    settings: dict[str, Any] = {"directory": tmp_path, "progress": False}
    CascadeSizeTrainer(max_epochs=2, **settings).fit(lstm(), train, val)
    trainer = CascadeSizeTrainer(max_epochs=4, **settings)
    resumed = trainer.fit(lstm(), train, val, resume=True)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
    assert math.isfinite(resumed.coverage(0.9))
    frame = trainer.predict(resumed, test)
    assert frame["lower"].notna().all()
    loaded = load_model(save_model(resumed, tmp_path / "model.safetensors"))
    assert trainer.predict(loaded, test).equals(frame)  # type: ignore[arg-type]


def test_the_loss_is_the_squared_error_of_the_logarithm() -> None:
    train, val, _ = growing_cascades().splits()
    model = lstm()
    trainer = CascadeSizeTrainer(max_epochs=3, progress=False)
    trainer.fit(model, train, val)
    result = trainer.test(model, val)
    assert result.counts["cascades"] > 0
    assert result["MSLE"] > 0


def test_data_and_models_that_do_not_fit() -> None:
    train, val, test = growing_cascades().splits()
    trainer = CascadeSizeTrainer(max_epochs=1, progress=False)
    with pytest.raises(UsageError, match="LinearCascadeSize is not an EncodedSizeModel"):
        trainer.fit(LinearCascadeSize(200, "10s"), train)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="this is the test part of a split"):
        trainer.fit(lstm(), test)
    with pytest.raises(UsageError, match="the model has 3 users, the dataset cascades has 200"):
        trainer.fit(CascadeSizeLSTM(3, observe="10s"), train)
    with pytest.raises(UsageError, match="has other users than cascades"):
        trainer.fit(lstm(), train, dataset_of([[0, 1]], 2))
    with pytest.raises(DataError, match="has an event after the window"):
        trainer.fit(lstm(observe="95s"), train, val)
    with pytest.raises(UsageError, match="monitor='mrr': use one of 'loss'"):
        CascadeSizeTrainer(monitor="mrr")
