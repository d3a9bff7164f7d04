"""Says in words what a comparison of models shows."""

from __future__ import annotations

import math
from typing import Any

from graphcascade.evaluation import PairedDifference, mean_figure
from graphcascade.number_text import format_number
from graphcascade.tasks.compared_model import ComparedModel
from graphcascade.tasks.task import Task

__all__ = ["write_verdict"]

CONCLUSIONS = {
    1: "learning beats counting on these data",
    0: "the test does not show that learning beats counting on these data",
    -1: "counting beats learning on these data",
}


def write_verdict(
    task: Task[Any, Any, Any, Any],
    best: ComparedModel,
    learned: ComparedModel | None,
    baseline: ComparedModel | None,
    difference: PairedDifference | None,
) -> str:
    """Says which model to use, and whether learning beats the baselines.

    Args:
        task: The task.
        best: The model with the best validation figure.
        learned: The learned model with the best validation figure, if there is one.
        baseline: The baseline with the best validation figure, if there is one.
        difference: The test figure of ``learned`` minus that of ``baseline``, if there are both.
    """
    assert task.metric is not None
    use = f"Use {best.name}, which has the best {task.metric} on the validation {task.examples} ({best.score:.4f})."
    if learned is None or baseline is None or difference is None:
        return use
    first, second = (mean_figure(entry.results, task.metric).value for entry in (learned, baseline))
    value, lower, upper = (format_number(end, "+.4f") for end in (difference.value, difference.lower, difference.upper))
    interval = f"with a 95 % interval from {lower} to {upper}"
    if math.isnan(difference.lower):
        interval = "without an interval, because a single one was tested"
    sign = -difference.sign if task.lower_is_better else difference.sign
    conclusion = CONCLUSIONS[sign]
    if sign != 0 and (sign > 0) != (best.name == learned.name):
        better = learned.name if sign > 0 else baseline.name
        conclusion = f"{better} was better on the test, which does not confirm the choice on validation"
    return (
        f"{use} On the test {task.examples}, the {task.metric} of the best learned model, {learned.name}, is "
        f"{first:.4f}, and that of the best baseline, {baseline.name}, {second:.4f} (a difference of "
        f"{value}, {interval}): {conclusion}."
    )
