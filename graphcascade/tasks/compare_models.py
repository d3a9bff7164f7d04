from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import stdev
from typing import Any

import pandas as pd

from graphcascade.errors import UsageError, suggest
from graphcascade.evaluation import compare_results, mean_figure, paired_difference
from graphcascade.models import Model, find_model
from graphcascade.tasks.candidate import Candidate
from graphcascade.tasks.compared_model import ComparedModel
from graphcascade.tasks.kept_runs import KeptRuns
from graphcascade.tasks.model_comparison import ModelComparison
from graphcascade.tasks.parts import Parts
from graphcascade.tasks.table import TASKS, task_of
from graphcascade.tasks.task import Task
from graphcascade.tasks.verdict import write_verdict

__all__ = ["compare_models", "find_compared_task", "list_models"]

COLUMNS = ["model", "kind", "settings", "seeds", "validation", "test", "error", "lower", "upper", "spread", "left out"]


def compare_models(
    task: str | Task[Any, Any, Any, Any],
    data: Any,
    models: Sequence[str | type[Model]] | None = None,
    options: Any = None,
    seeds: int = 3,
    *,
    seed: int = 0,
    budget: float | None = None,
    directory: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    progress: bool = False,
    parts: Parts[Any] | None = None,
) -> ModelComparison:
    """Compares models and baselines of a task: which one is best, and is it better than counting?

    All models are trained and tested on the same split under the same protocol. Where a model has several candidate
    settings (:attr:`Task.candidates`), each is trained with the first seed, and the one with the best figure on the
    validation data is trained with the other seeds, too. The best model is chosen on the validation data as well. The
    test data only measure the chosen settings of each model, once per seed.

    Args:
        task: The task or its name, such as "next-user".
        data: Data of the task, such as a :class:`~graphcascade.data.CascadeDataset`.
        models: Names or classes of learned models; a few that suit the task if not given. The baselines of the task
            are tested in any case, unless the option ``counters`` is false.
        options: Options of the task, which decide the protocol; those of the training apply to all models that are
            trained in epochs. The defaults of the task if not given.
        seeds: Number of seeds for models that are trained in epochs.
        seed: The first seed, which also decides a random split.
        budget: Minutes after which no further training begins; learned models that were not trained by then are left
            out.
        directory: Folder that keeps each run, so that the same call continues after an interruption; nothing is kept if
            not given.
        settings: What the configurations of the kept runs say beside options and model, such as the name of the data.
        progress: Show progress bars, on terminals and in notebooks.
        parts: The parts of the data to train, choose and test on; those of the task's split if not given.

    Raises:
        UnknownNameError: There is no model of a name.
        UsageError: There is no such task, or its models cannot be compared; a model belongs to another task; an option
            is out of range; a model that was named does not fit the data (others are left out, with the reason).
        DataError: The data cannot be divided.
        StorageError: The directory cannot be written to.
        KeyboardInterrupt: A training was interrupted; finished runs and epochs are in the directory.
    """
    task = find_compared_task(task)
    for name, value in (("seeds", seeds), ("budget", budget)):
        if value is not None and value <= 0:
            reason = "must be at least 1" if name == "seeds" else "must be above 0"
            raise UsageError(argument=name, value=value, reason=reason)
    options = task.options() if options is None else options
    entries = list_models(task, models, options)
    usable = [entry for entry in entries if entry.left_out is None]
    data, options = task.prepare(data, usable[0].kind, options)
    data = task.add_features(data, options, progress)
    parts = task.split(data, options, seed) if parts is None else parts
    place = None if directory is None else Path(directory)
    total = sum(len(entry.candidates) + seeds - 1 for entry in usable if entry.varies)
    runs = KeptRuns(task, data, parts, options, place, settings or {}, progress, total)
    end = math.inf if budget is None else time.monotonic() + 60 * budget
    for entry in usable:
        entry.make(runs)
    for number in range(max(len(entry.candidates) for entry in entries)):
        for entry in usable:
            entry.try_candidate(runs, number, seed, end)
    for entry in usable:
        entry.test(runs, seed)
    for later in range(seed + 1, seed + seeds):
        for entry in usable:
            entry.add_seed(runs, later, end)
    return _summarize(task, entries)


def find_compared_task(task: str | Task[Any, Any, Any, Any]) -> Task[Any, Any, Any, Any]:
    """Returns a task whose models can be compared.

    Raises:
        UsageError: There is no task of this name, or it has no figure by which models are chosen.
    """
    if isinstance(task, str):
        if task not in TASKS:
            hint = suggest(task, TASKS, f"use one of {', '.join(TASKS)}")
            raise UsageError(argument="task", value=task, reason=f"there is no such task; {hint}")
        task = TASKS[task]
    if task.metric is None:
        raise UsageError(f"models of the task {task.name!r} cannot be compared, because it has no figure to choose by.")
    return task


def list_models(
    task: Task[Any, Any, Any, Any], models: Sequence[str | type[Model]] | None, options: Any
) -> list[ComparedModel]:
    """Lists the models to compare and checks the options, which needs no data.

    Models that are not trained in epochs come first, since they show soon whether something is wrong with the data.

    Args:
        task: The task.
        models: As for :func:`compare_models`.
        options: Options of the task.

    Raises:
        UnknownNameError: There is no model of a name.
        UsageError: A model belongs to another task; options do not fit a model that was named; there is no model.
    """
    named = [find_model(model, "models") if isinstance(model, str) else model for model in models or ()]
    for kind in named:
        other = task_of(kind)
        if other is not task:
            raise UsageError(
                argument="models",
                value=kind.__name__,
                reason=f"this model {other.model_summary}, and models of the task {task.name!r} are compared "
                f"here, each of which {task.model_summary}",
            )
    task.trainer(options, 0, False)  # checks the options of the training
    kinds = [*task.baselines, *(task.compared_models if models is None else named)]
    if not options.testing.counters:
        kinds = [kind for kind in kinds if kind not in task.baselines or kind in named]
    entries = []
    for kind in sorted(dict.fromkeys(kinds), key=task.trains_in_epochs):
        candidates = task.candidates.get(kind.__name__, (Candidate(),))
        learned = kind not in task.baselines
        entry = ComparedModel(kind, learned, kind in named, task.trains_in_epochs(kind), candidates)
        entry.check(task, options)
        if not learned and options.testing.counters and entry.left_out is None:
            entry.left_out = task.skip_comparison_reason(options)
        entries.append(entry)
    if all(entry.left_out is not None for entry in entries):
        reason = entries[0].left_out if entries else "name one, since the baselines are left out"
        raise UsageError(f"there is no model to compare: {reason}")
    return entries


def _summarize(task: Task[Any, Any, Any, Any], entries: Sequence[ComparedModel]) -> ModelComparison:
    assert task.metric is not None
    tested = [entry for entry in entries if entry.results]
    if not tested:
        raise UsageError(f"no model could be compared: {next(entry.left_out for entry in entries)}")
    compare_results([result for entry in tested for result in entry.results], [task.metric])
    tested.sort(key=lambda entry: entry.score if task.lower_is_better else -entry.score)
    learned = next((entry for entry in tested if entry.is_learned), None)
    baseline = next((entry for entry in tested if not entry.is_learned), None)
    difference = None
    if learned is not None and baseline is not None:
        difference = paired_difference(learned.results, baseline.results, task.metric)
    left_out = [entry for entry in entries if not entry.results]
    rows = [_row(entry, task.metric) for entry in tested]
    rows += [{"model": entry.name, "kind": _kind(entry), "left out": entry.left_out} for entry in left_out]
    return ModelComparison(
        pd.DataFrame(rows, columns=COLUMNS).astype({"seeds": "Int64"}),
        task.metric,
        task.lower_is_better,
        tested[0].name,
        None if learned is None else learned.name,
        None if baseline is None else baseline.name,
        difference,
        write_verdict(task, tested[0], learned, baseline, difference),
        {entry.name: entry.results for entry in tested},
        {entry.name: entry.model for entry in tested if entry.model is not None},
        {entry.name: entry.folder for entry in tested if entry.folder is not None},
    )


def _kind(entry: ComparedModel) -> str:
    return "learned" if entry.is_learned else "baseline"


def _row(entry: ComparedModel, metric: str) -> dict[str, Any]:
    figure = mean_figure(entry.results, metric)
    values = [result[metric] for result in entry.results]
    return {
        "model": entry.name,
        "kind": _kind(entry),
        "settings": str(entry.chosen),
        "seeds": len(entry.results),
        "validation": entry.score,
        "test": figure.value,
        "error": figure.error,
        "lower": figure.lower,
        "upper": figure.upper,
        "spread": stdev(values) if len(values) > 1 else math.nan,
    }
