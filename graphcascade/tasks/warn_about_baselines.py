from __future__ import annotations

from typing import Any

from graphcascade.evaluation import Result, warn_if_worse
from graphcascade.models import Model
from graphcascade.tasks.advice import advise
from graphcascade.tasks.comparison import Comparison
from graphcascade.tasks.task import Task

__all__ = ["warn_about_baselines"]


def warn_about_baselines(
    task: Task[Any, Any, Any, Any],
    model: Model,
    train: Any,
    trainer: Any,
    options: Any,
    result: Result,
    comparison: Comparison,
) -> str | None:
    """Logs a warning if a baseline is better than a trained model.

    Args:
        task: The task of the model.
        model: The model.
        train: The data that it was trained on.
        trainer: Its trainer.
        options: The options of the run.
        result: Its result on the test data.
        comparison: The results of the baselines.

    Returns:
        The warning: what to try if a baseline is better on the validation data, or else that one is better on the test
        data. ``None`` if no baseline is better, or if there are no results on the validation data.
    """
    if task.metric is None or not comparison.validation:
        return None
    own, *others = comparison.validation
    choose = min if task.lower_is_better else max
    best = choose(others, key=lambda each: each[str(task.metric)]).model
    best = task.baseline_words.get(best, best)
    advice = f"Use the baseline itself (--model {best})."
    if task.trains_in_epochs(type(model)):
        advice = advise(options.training, trainer, task.steps_to_try(model, train, trainer, options), best)
    how: dict[str, Any] = {
        "metric": task.metric,
        "examples": task.examples,
        "lower_is_better": task.lower_is_better,
    }
    warning = warn_if_worse(own, others, advice, **how)
    if warning is None:
        advice = (
            f"It is not worse on the validation {task.examples}, by which models are chosen; compare several seeds, "
            "since a single test may differ by chance."
        )
        warning = warn_if_worse(result, comparison.test, advice, part="test", **how)
    return warning
