"""All tasks warn in the same way if a baseline is better than a trained model."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from graphcascade.evaluation import Result
from graphcascade.evaluation.popularity_protocol import PopularityProtocol
from graphcascade.models import AMNL, DSN, LSTM, CascadeSizeLSTM, CatBoostCascadeSize, RidgeRegression
from graphcascade.options import TrainingOptions
from graphcascade.tasks import TASKS
from graphcascade.tasks.comparison import Comparison
from graphcascade.tasks.warn_about_baselines import warn_about_baselines


def result(model: str, metric: str, value: float) -> Result:
    row = {"metric": metric, "answer": "", "horizon": "", "targets": "all", "unit": "post", "value": value}
    metrics = pd.DataFrame([{**row, "error": 0.01, "headline": True}])
    return Result(model, "data", metrics, PopularityProtocol(), {"posts": 40}, None, 0, 0.0, "0")


def warn(kind: Any, validation: float, test: float) -> str | None:
    """The warning for a model with the figure 0.5 and a baseline with other figures."""
    task = next(each for each in TASKS.values() if issubclass(kind, each.model))
    metric = str(task.metric)
    comparison = Comparison(
        [result("Counting", metric, test)],
        [result(kind.__name__, metric, 0.5), result("Counting", metric, validation)],
    )
    trainer: Any = SimpleNamespace(
        diverged=False,
        stopped_early=False,
        max_epochs=50,
        monitor="either",
        optimization=SimpleNamespace(learning_rate=0.005),
    )
    model: Any = object.__new__(kind)
    model.__dict__["config"] = {}
    options: Any = SimpleNamespace(training=TrainingOptions(), fusion=SimpleNamespace(source_fusion="sum"))
    own = result(kind.__name__, metric, 0.5)
    return warn_about_baselines(task, model, None, trainer, options, own, comparison)


@pytest.mark.parametrize("kind", [LSTM, AMNL, CascadeSizeLSTM, CatBoostCascadeSize, DSN, RidgeRegression])
def test_a_baseline_may_be_better_on_the_validation_data_or_only_on_the_test_data(kind: Any) -> None:
    lower = kind in (CascadeSizeLSTM, CatBoostCascadeSize, DSN, RidgeRegression)
    better, worse, side = (0.4, 0.6, "above") if lower else (0.6, 0.4, "below")
    examples = "posts" if kind in (DSN, RidgeRegression) else "retweets" if kind is AMNL else "cascades"
    name = kind.__name__
    for test in (better, worse):
        text = str(warn(kind, better, test))
        assert text.startswith(f"{name} predicts the validation {examples} worse than counting")
        assert f"is 0.5000, {side} Counting ({better:.4f}); there are 40 validation posts. " in text
        trained = kind not in (CatBoostCascadeSize, RidgeRegression)
        assert text.endswith("or use the baseline itself (--model Counting).") == trained
        assert text.endswith(". Use the baseline itself (--model Counting).") != trained
    only_test = str(warn(kind, worse, better))
    assert only_test.startswith(f"{name} predicts the test {examples} worse than counting")
    assert f"is 0.5000, {side} Counting ({better:.4f}); there are 40 test posts. It is not worse on the " in only_test
    assert warn(kind, worse, worse) is None


def test_a_task_that_compares_no_models_has_no_warning() -> None:
    task = TASKS["network"]
    comparison = Comparison([result("Counting", "MRR", 0.6)])
    own = result("Netrate", "MRR", 0.5)
    assert warn_about_baselines(task, None, None, None, None, own, comparison) is None  # type: ignore[arg-type]
