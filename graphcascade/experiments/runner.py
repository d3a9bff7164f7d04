from __future__ import annotations

import inspect
import logging
import math
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from statistics import mean

import numpy as np
import numpy.typing as npt
import pandas as pd

import graphcascade
from graphcascade.data import CascadeDataset
from graphcascade.datasets import DATASETS, load_dataset
from graphcascade.errors import DownloadError, UnknownNameError, UsageError
from graphcascade.experiments.case import Case, Measured
from graphcascade.experiments.claims import check_claims
from graphcascade.experiments.data_figures import measure_cooccurrence, measure_sources, measure_statistics
from graphcascade.experiments.experiment import Experiment, Row, find_experiment
from graphcascade.experiments.finished_runs import FinishedRuns
from graphcascade.experiments.model_figures import measure_norms, measure_social_links
from graphcascade.experiments.next_events import measure_events
from graphcascade.experiments.next_users import measure_next_users, measure_source_map
from graphcascade.experiments.pictures import PICTURES
from graphcascade.experiments.reproduction import Reproduction
from graphcascade.experiments.training import is_trained
from graphcascade.experiments.whole_cascades import measure_cascades
from graphcascade.io import read_cascades
from graphcascade.report import save_figure

__all__ = ["TASKS", "reproduce"]

logger = logging.getLogger(__name__)

TASKS: dict[str, Callable[[Case], Measured]] = {
    "statistics": measure_statistics,
    "cooccurrence": measure_cooccurrence,
    "sources": measure_sources,
    "cascades": measure_cascades,
    "norms": measure_norms,
    "social links": measure_social_links,
    "events": measure_events,
    "next users": measure_next_users,
    "source map": measure_source_map,
}
COMMON = {"name", "published", "parameter", "value"}
SIMULATED = {
    "trainer",
    "epochs",
    "temperature",
    "choose",
    "choose_trainer",
    "answer",
    "terminate",
    "social_dim",
    "fusion",
}
ROW_SETTINGS: dict[str, set[str]] = {
    "statistics": set(),
    "cooccurrence": set(),
    "sources": set(),
    "cascades": {"model", "arguments", "counter_weight", *SIMULATED},
    "norms": {"model", "arguments", *SIMULATED},
    "social links": {"model", "arguments", "by", *SIMULATED},
    "events": {"model", "arguments", "trainer", "reading"},
    "next users": {"model", "arguments", "trainer", "choose", "choose_trainer", "fusion", "adversary"},
    "source map": {"model", "arguments", "trainer", "fusion", "adversary"},
}
"""What the rows of each task may set besides COMMON; another setting would be ignored, and is an error."""
SPLIT_TASKS = {"next users", "source map"}
MODEL_TASKS = {"cascades", "norms", "social links", "source map"}


def reproduce(
    name: str | Path,
    datasets: Sequence[str] | None = None,
    directory: str | Path = "reproduced",
    root: str | Path = "datasets",
    seeds: int | None = None,
    progress: bool = False,
) -> list[Reproduction]:
    """Reproduces a table or figure of a paper and compares measured with published values.

    Every run is stored in ``directory`` when it ends, so that the same call continues after an interruption. The
    figures of each data set are also written there, as JSON and as a picture.

    Args:
        name: Name of the experiment, see :func:`list_experiments`, or a YAML file of your own.
        datasets: Some of its data sets; all of them if not given. One that is not here and cannot be downloaded is
            skipped, and the result says why.
        directory: Folder for runs, tables and pictures.
        root: Folder that data sets are kept in.
        seeds: Number of training seeds; that of the experiment if not given.
        progress: Show progress bars, on terminals.

    Returns:
        One result for each data set.

    Raises:
        UnknownNameError: No experiment of that name; a data set that it does not have.
        UsageError: A task that there is not; a setting that the task does not use; fewer seeds than one.
        DataError: The YAML file is not an experiment.
        StorageError: The directory cannot be written to.
    """
    experiment = find_experiment(name)
    if experiment.task not in TASKS:
        raise UsageError(f"{name}: task {experiment.task!r} is not one of {', '.join(TASKS)}.")
    _check_settings(experiment)
    if seeds is not None:
        if seeds < 1:
            raise UsageError(f"seeds={seeds}: must be at least 1.")
        experiment = replace(experiment, seeds=seeds)
    return [_on_dataset(experiment, one, Path(directory), root, progress) for one in _wanted(experiment, datasets)]


def _check_settings(experiment: Experiment) -> None:
    """Raises an error if a row lacks a model, or sets something that the experiment's task does not use."""
    used = COMMON | ROW_SETTINGS[experiment.task]
    for row in experiment.rows:
        if row.model is None and experiment.task in MODEL_TASKS:
            raise UsageError(f"{experiment.name}: row {row.name!r} names no model, which the task needs.")
        unset = Row(row.name)
        for setting in fields(Row):
            if setting.name not in used and getattr(row, setting.name) != getattr(unset, setting.name):
                raise UsageError(
                    f"{experiment.name}: row {row.name!r} sets {setting.name}, which the task {experiment.task!r} does "
                    "not use; leave it out."
                )
    if experiment.split is not None and experiment.task not in SPLIT_TASKS:
        raise UsageError(
            f"{experiment.name}: it sets split, which the task {experiment.task!r} does not use; leave it out."
        )


def _wanted(experiment: Experiment, datasets: Sequence[str] | None) -> list[str]:
    known = {one.lower(): one for one in experiment.datasets}
    for one in datasets or []:
        if one.lower() not in known:
            raise UnknownNameError(f"{experiment.name} has no data set {one!r}; it has {', '.join(known.values())}.")
    return list(known.values()) if datasets is None else [known[one.lower()] for one in datasets]


def _on_dataset(experiment: Experiment, name: str, directory: Path, root: str | Path, progress: bool) -> Reproduction:
    try:
        datasets = _open(experiment, name, root)
    except DownloadError as error:
        logger.warning("%s: %s is skipped: %s", experiment.name, name, error)
        reason = "its files are not here and could not be downloaded"
        return Reproduction(experiment, name, skipped=reason, version=code_version())
    runs = FinishedRuns(directory / "runs", code_version())
    measured = {row.name: _measure(experiment, name, datasets, row, runs, progress) for row in experiment.rows}
    every = [one for networks in measured.values() for seeds in networks for one in seeds]
    figures = pd.DataFrame([line for row in experiment.rows for line in _figures(experiment, name, row, measured)])
    published = {row.name: experiment.published.get(name, {}).get(row.published or "", {}) for row in experiment.rows}
    stem = directory / f"{experiment.name}-{Path(name).stem.lower()}"
    result = Reproduction(
        experiment,
        name,
        figures,
        {row: networks[0][0].protocol for row, networks in measured.items()},
        {row: networks[0][0].chosen for row, networks in measured.items()},
        check_claims(
            experiment,
            {row: _runs(experiment, networks) for row, networks in measured.items()},
            published,
            {row.name for row in experiment.rows if _varies(experiment, row)},
        ),
        version=", ".join(sorted({one.code or code_version() for one in every})),
        files=[Path(f"{stem}.json"), Path(f"{stem}.png")],
    )
    result.save(result.files[0], overwrite=True)
    details = {row: networks[0][0].details for row, networks in measured.items()}
    picture = PICTURES[experiment.picture or experiment.task](
        figures, f"{experiment.title}\n{name}; {experiment.place}", details
    )
    save_figure(picture, result.files[1], overwrite=True)
    return result


def _open(experiment: Experiment, name: str, root: str | Path) -> list[CascadeDataset]:
    """The data set; one that is simulated, on each of its networks."""
    file = None if experiment.folder is None else experiment.folder / name
    if file is not None and file.is_file():
        return [read_cascades(file)]
    if experiment.networks > 1 and "network_seed" in inspect.signature(DATASETS[name]).parameters:
        return [DATASETS[name](network_seed=seed, seed=seed) for seed in range(experiment.networks)]
    return [load_dataset(name, root)]


def _measure(
    experiment: Experiment,
    name: str,
    datasets: list[CascadeDataset],
    row: Row,
    runs: FinishedRuns,
    progress: bool,
) -> list[list[Measured]]:
    """Measures a row for each network and each seed."""
    task = TASKS[experiment.task]
    found: list[list[Measured]] = []
    for network, dataset in enumerate(datasets):
        found.append([])
        repeated = _varies(experiment, row)
        for seed in range(experiment.seeds if repeated else 1):
            words = [f", network {network}"[: 99 * (len(datasets) > 1)], f", seed {seed}"[: 99 * repeated]]
            logger.info("%s, %s: %s%s%s", experiment.name, name, row.name, *words)
            found[-1].append(task(Case(experiment, name, dataset, row, seed, runs, progress)))
    return found


def _varies(experiment: Experiment, row: Row) -> bool:
    """Whether another seed gives other figures: counting has none in it but for what is drawn of the data."""
    return is_trained(row) or experiment.split in ("random", "files")


def _runs(experiment: Experiment, measured: list[list[Measured]]) -> dict[str, npt.NDArray[np.float64]]:
    """Each metric of a row, ``[networks, seeds]``."""
    return {
        metric: np.array([[one.figures[metric] for one in seeds] for seeds in measured])
        for metric in experiment.metrics
        if all(metric in one.figures for seeds in measured for one in seeds)
    }


def _figures(
    experiment: Experiment, name: str, row: Row, measured: dict[str, list[list[Measured]]]
) -> list[dict[str, object]]:
    published = experiment.published.get(name, {}).get(row.published or "", {})
    every = [one for seeds in measured[row.name] for one in seeds]
    lines: list[dict[str, object]] = []
    for metric, values in _runs(experiment, measured[row.name]).items():
        new = [one.figures[f"{metric} new"] for one in every if f"{metric} new" in one.figures]
        known = float(published.get(metric, math.nan))
        # Between the seeds of a network: networks differ for other reasons.
        deviation = math.sqrt(values.var(axis=1, ddof=1).mean()) if values.shape[1] > 1 else math.nan
        lines.append(
            {
                "row": row.name,
                "metric": metric,
                "published": known,
                "measured": float(values.mean()),
                "deviation": deviation,
                "seeds": values.shape[1],
                "difference": float(values.mean()) - known,
                "new": mean(new) if new else math.nan,
                "seconds": mean(one.seconds for one in every),
                "parameter": row.parameter or math.nan,
                "value": math.nan if row.value is None else str(row.value),
            }
        )
    return lines


def code_version() -> str:
    """Returns the version and, in a clone, the commit, with "-dirty" if the package differs from it."""
    package = Path(graphcascade.__file__).parent
    if not (package.parent / ".git").exists():
        return graphcascade.__version__
    try:
        commit, changes = (
            subprocess.run(
                ["git", "-C", str(package.parent), *command], capture_output=True, text=True, timeout=10, check=True
            ).stdout.strip()
            for command in (["rev-parse", "--short", "HEAD"], ["status", "--porcelain", "--", package.name])
        )
    except (OSError, subprocess.SubprocessError):
        return graphcascade.__version__
    return f"{graphcascade.__version__} ({commit}{'-dirty' if changes else ''})"
