from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.models import CatBoostCascadeSize, load_model, save_model
from graphcascade.models.cascade_size import log_growth
from graphcascade.nn.window_features import WINDOW_FEATURES
from tests.models.cascade_size.small_cascades import growing_cascades

pytest.importorskip("catboost")


def test_it_learns_from_the_features_and_is_saved(tmp_path: Path) -> None:
    data = growing_cascades(200)
    train, _, test = data.splits()
    model = CatBoostCascadeSize.of(data, observe="10s").fit(train)
    observed = model.observe(test).cascades
    y = log_growth(observed)
    predicted = model.predict(observed)
    assert float((predicted - y).square().mean()) < 0.3 * float(y.var())
    assert set(model.importances().index) == set(WINDOW_FEATURES)
    assert "log size" in model.importances().index[:8]
    loaded = load_model(save_model(model, tmp_path / "model.safetensors"))
    assert isinstance(loaded, CatBoostCascadeSize)
    assert torch.equal(loaded.predict(observed), predicted)
    single = torch.cat([model.predict(observed[[number]]) for number in range(len(observed))])
    assert torch.equal(single, predicted)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"iterations": 0}, "iterations=0: must be at least 1"),
        ({"tree_depth": 17}, "tree_depth=17: must be from 1 to 16"),
        ({"learning_rate": 0.0}, r"learning_rate=0\.0: must be above 0"),
    ],
)
def test_arguments_out_of_range(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        CatBoostCascadeSize(3, observe="1h", **arguments)


def test_a_model_that_was_not_trained() -> None:
    with pytest.raises(UsageError, match="was not trained yet"):
        CatBoostCascadeSize(3, observe="1h").importances()
