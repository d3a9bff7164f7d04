from __future__ import annotations

import inspect
import logging
import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from graphcascade.data.digests import digest_data
from graphcascade.errors import UsageError
from graphcascade.models import Model, find_model
from graphcascade.options.task_options import flatten_options
from graphcascade.tasks.candidate import Candidate
from graphcascade.tasks.compare_models import find_compared_task
from graphcascade.tasks.kept_runs import KeptRuns
from graphcascade.tasks.model_tuning import ModelTuning
from graphcascade.tasks.search_space import SearchSpace, make_candidate, space_to_dict
from graphcascade.tasks.shared_study import import_optuna, open_study, without_warnings
from graphcascade.tasks.table import task_of
from graphcascade.tasks.value_range import ValueRange

if TYPE_CHECKING:
    import optuna

__all__ = ["check_tuning", "tune_model"]

logger = logging.getLogger(__name__)

SEEDS = 2**32  # of the sampler
STATES = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed", "RUNNING": "running"}


def tune_model(
    data: Any,
    model: str | type[Model],
    options: Any = None,
    trials: int = 20,
    *,
    timeout: float | None = None,
    space: SearchSpace | None = None,
    study: str | Path | None = None,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    progress: bool = False,
) -> ModelTuning:
    """Searches for the settings of a model with the best figure on the validation data, by Optuna.

    The first trial has the defaults, if the search space has them, so that the best settings are at least as good on
    validation. If it has not, a model that is not trained in epochs is also fitted with its defaults, to compare with;
    :class:`~graphcascade.models.RidgeRegression`, for example, chooses its penalty itself by default. The other trials
    are chosen by Optuna's TPE sampler. Trials that are worse than the median of the others after the same number of
    epochs are ended early. The test data are not used: train with the best settings and test once afterwards.

    It needs optuna: ``pip install 'graphcascade[sweep]'``.

    Args:
        data: Data of the model's task, such as a :class:`~graphcascade.data.CascadeDataset`.
        model: Name or class of the model.
        options: Options of the task, which decide the protocol; those of the training are the same for all trials,
            unless the search space has them. The defaults of the task if not given.
        trials: The search ends with this number of finished trials, those of earlier calls and of other processes
            included.
        timeout: Minutes after which no further trial begins.
        space: For each setting a range or a list of values; :meth:`Task.search_space` if not given.
        study: A file of SQLite or the address of a database that keeps the study, so that the same call continues it,
            and several processes can take part; it is kept in memory if not given.
        seed: Seed of each training, of a random split and of the search.
        settings: What the configuration of the result says beside options and model, such as the name of the data.
        progress: Show progress bars, on terminals and in notebooks.

    Raises:
        UnknownNameError: There is no model of that name.
        UsageError: The model has no such setting, or nothing to search; a value or an option is out of range; the study
            is of another model or other data.
        MissingFileError: optuna is not installed.
        StorageError: The study cannot be opened.
        KeyboardInterrupt: The search was interrupted; finished trials are in the study.
    """
    kind, options, space = check_tuning(model, options, trials, timeout, space)
    task = find_compared_task(task_of(kind))
    data, options = task.prepare(data, kind, options)
    data = task.add_features(data, options, progress)
    parts = task.split(data, options, seed)
    runs = KeptRuns(task, data, parts, options, progress=progress)
    for ends in (min, max):
        runs.make(kind, make_candidate(kind, task.options, _take(space, ends)), seed)
    key = {
        "model": kind.__name__,
        "name": task.data_name(data),
        "data": [digest_data(part) for part in (parts.train, parts.val)],
        "options": {name: str(value) for name, value in flatten_options(options).items()},
        "space": space_to_dict(space),
        "seed": seed,
    }
    search = open_study(study, key, task.lower_is_better)
    trainer = task.trainer(Candidate().apply(options, task.trains_in_epochs(kind)), seed, False)
    defaults = _find_defaults(kind, trainer, options, space)
    if defaults is not None:
        search.enqueue_trial(defaults, skip_if_exists=True)
    end = math.inf if timeout is None else time.monotonic() + 60 * timeout

    from graphcascade.tasks.trial_report import TrialReport  # takes long to import, with lightning

    def measure(trial: optuna.Trial) -> float:
        chosen = {name: _suggest(trial, name, values) for name, values in space.items()}
        candidate = make_candidate(kind, task.options, chosen)
        callbacks = [TrialReport(trial, f"val_{next(iter(trainer.monitors))}")] if task.trains_in_epochs(kind) else []
        return runs.validate(runs.fit(kind, candidate, seed, callbacks), candidate, seed)

    def log(search: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        value = "no figure" if trial.value is None else f"{task.metric} {trial.value:.4f}"
        values = ", ".join(f"{name}={_shown(value)}" for name, value in trial.params.items())
        logger.info("trial %d (%s): %s with %s", trial.number + 1, STATES[trial.state.name], value, values)

    sampler = import_optuna().samplers.TPESampler
    with without_warnings():
        while _count_finished(search) < trials and time.monotonic() < end:
            # A sampler for each trial, so that an interrupted search goes on as it would have without.
            search.sampler = sampler(seed=(seed * 10_007 + len(search.get_trials(deepcopy=False))) % SEEDS)
            search.optimize(measure, n_trials=1, callbacks=[log])
    done = [trial for trial in search.get_trials(deepcopy=False) if trial.state.name == "COMPLETE"]
    if not done:
        raise UsageError("no trial has finished; allow more time or more trials.")
    assert task.metric is not None
    best = make_candidate(kind, task.options, search.best_trial.params)
    chosen_options = flatten_options(best.apply(options, task.trains_in_epochs(kind)))
    arguments = {"model": kind.__name__, "model_args": dict(best.model_args), "seed": seed}
    default = next((trial.value for trial in done if trial.params == defaults), None)
    if defaults is None and not task.trains_in_epochs(kind):  # which takes little time
        default = runs.validate(runs.fit(kind, Candidate(), seed), Candidate(), seed)
    return ModelTuning(
        kind.__name__,
        task.metric,
        task.lower_is_better,
        _list_trials(search, space),
        best,
        search.best_value,
        default,
        {**(settings or {}), **arguments, **chosen_options},
    )


def check_tuning(
    model: str | type[Model],
    options: Any = None,
    trials: int = 20,
    timeout: float | None = None,
    space: SearchSpace | None = None,
) -> tuple[type[Model], Any, SearchSpace]:
    """Checks what :func:`tune_model` is asked for, which needs no data.

    Returns:
        The class of the model, the options of its task, and the search space.

    Raises:
        UnknownNameError: There is no model of that name.
        UsageError: As for :func:`tune_model`.
        MissingFileError: optuna is not installed.
    """
    import_optuna()
    kind = find_model(model) if isinstance(model, str) else model
    task = find_compared_task(task_of(kind))
    for name, value in (("trials", trials), ("timeout", timeout)):
        if value is not None and value <= 0:
            reason = "must be at least 1" if name == "trials" else "must be above 0"
            raise UsageError(argument=name, value=value, reason=reason)
    options = task.options() if options is None else options
    space = task.search_space(kind) if space is None else space
    if not space:
        raise UsageError(
            f"{kind.__name__} has no settings that are searched by default; name some in a file, as in",
            remedy=("space", "space.yaml"),
        )
    is_trained = task.trains_in_epochs(kind)
    for ends in (min, max):
        candidate = make_candidate(kind, task.options, _take(space, ends))
        if candidate.options and not is_trained:
            reason = f"has no effect on {kind.__name__}, which is not trained in epochs; leave it out"
            raise UsageError(argument=next(iter(candidate.options)), reason=reason)
        task.check(kind, candidate.apply(options, is_trained))
        task.trainer(candidate.apply(options, is_trained), 0, False)
    return kind, options, space


def _take(space: SearchSpace, ends: Callable[..., Any]) -> dict[str, Any]:
    """Returns the lowest or highest value of each range; of lists the first or the last value."""
    number = 0 if ends is min else -1
    return {
        name: ends(values.low, values.high) if isinstance(values, ValueRange) else values[number]
        for name, values in space.items()
    }


def _find_defaults(kind: type[Model], trainer: Any, options: Any, space: SearchSpace) -> dict[str, Any] | None:
    """Returns the defaults of the settings, or ``None`` if the search space does not have all of them."""
    known = inspect.signature(kind).parameters
    trained = vars(trainer) | vars(getattr(trainer, "optimization", object()))
    defaults = {}
    for name, values in space.items():
        given = flatten_options(options).get(name)
        default = known[name].default if name in known else trained.get(name) if given is None else given
        if default not in values:
            return None
        defaults[name] = default
    return defaults


def _suggest(trial: optuna.Trial, name: str, values: ValueRange | tuple[Any, ...]) -> Any:
    if not isinstance(values, ValueRange):
        return trial.suggest_categorical(name, values)
    suggest: Callable[..., Any] = trial.suggest_int if values.is_whole else trial.suggest_float
    return suggest(name, values.low, values.high, log=values.log)


def _count_finished(search: optuna.Study) -> int:
    return sum(trial.state.name in ("COMPLETE", "PRUNED") for trial in search.get_trials(deepcopy=False))


def _list_trials(search: optuna.Study, space: SearchSpace) -> pd.DataFrame:
    rows = [
        {"trial": trial.number + 1, "state": STATES[trial.state.name], "value": trial.value, **trial.params}
        for trial in search.get_trials(deepcopy=False)
        if trial.state.name in STATES
    ]
    return pd.DataFrame(rows, columns=["trial", "state", "value", *space])


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
