from __future__ import annotations

import logging
import math
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

import graphcascade
from graphcascade.errors import DownloadError, MissingFileError, UnknownNameError, UsageError
from graphcascade.experiments.case import Case, Measured
from graphcascade.experiments.claims import check_claims
from graphcascade.experiments.experiment import Experiment
from graphcascade.experiments.experiment_files import find_experiment
from graphcascade.experiments.finished_runs import FinishedRuns
from graphcascade.experiments.kind import KINDS
from graphcascade.experiments.reproduction import Reproduction
from graphcascade.experiments.row import Row
from graphcascade.report import save_figure

__all__ = ["code_version", "reproduce"]

logger = logging.getLogger(__name__)


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
    figures of each dataset are also written there, as JSON and as a picture.

    Args:
        name: Name of the experiment, see :func:`list_experiments`, or a YAML file of your own.
        datasets: Some of its datasets; all of them if not given. A dataset that is not on this machine and cannot be
            downloaded is skipped, and the result gives the reason. Experiments about retweets also run on a folder of
            your own, which :func:`~graphcascade.io.read_retweets` reads; rows that need what it does not have are left
            out.
        directory: Folder for runs, tables and pictures.
        root: Folder that datasets are kept in.
        seeds: Number of training seeds; that of the experiment if not given.
        progress: Show progress bars, on terminals and in notebooks.

    Returns:
        One result for each dataset.

    Raises:
        UnknownNameError: There is no experiment or no kind of that name, or the experiment does not have a dataset.
        UsageError: ``seeds`` is less than 1; a model does not fit the experiment or the dataset.
        DataError: The YAML file is not an experiment, see :func:`find_experiment`.
        StorageError: The directory cannot be written to.
    """
    experiment = find_experiment(name)
    if seeds is not None:
        if seeds < 1:
            raise UsageError(argument="seeds", value=seeds, reason="must be at least 1")
        experiment = replace(experiment, seeds=seeds)
    names = _find_datasets(experiment, datasets)
    return [_reproduce_on(experiment, dataset, Path(directory), root, progress) for dataset in names]


def _find_datasets(experiment: Experiment, names: Sequence[str] | None) -> list[str]:
    known = {name.lower(): name for name in experiment.datasets}
    reads_folders = KINDS[experiment.kind].reads_folders
    selected = []
    for name in known.values() if names is None else names:
        if name.lower() not in known and not (reads_folders and Path(name).is_dir()):
            end = ", and there is no such folder" if reads_folders else ""
            raise UnknownNameError(
                f"{experiment.name} has no dataset {name!r}; it has {', '.join(known.values())}{end}."
            )
        selected.append(known.get(name.lower(), name))
    return selected


def _reproduce_on(experiment: Experiment, name: str, directory: Path, root: str | Path, progress: bool) -> Reproduction:
    kind = KINDS[experiment.kind]
    try:
        datasets = kind.open(experiment, name, Path(root))
    except (DownloadError, MissingFileError) as error:
        if name not in experiment.datasets:
            raise
        logger.warning("%s: %s is skipped: %s", experiment.name, name, error)
        reason = "its files are not on this machine and could not be downloaded"
        return Reproduction(experiment, name, skipped=reason, version=code_version())
    experiment, left_out = _without_missing(experiment, name, datasets[0][0])
    runs = FinishedRuns(directory / "runs", code_version())
    measured = {row.name: _measure(experiment, name, datasets, row, runs, progress) for row in experiment.rows}
    all_runs = [run for networks in measured.values() for seeds in networks for run in seeds]
    figures = pd.DataFrame([line for row in experiment.rows for line in _figures(experiment, name, row, measured)])
    known = ", ".join(sorted({metric for run in all_runs for metric in run.figures}))
    if figures.empty:
        raise UsageError(
            f"{experiment.name}: none of its metrics ({', '.join(experiment.metrics)}) is measured on {name}; measured "
            f"are {known}."
        )
    missing = [metric for metric in experiment.metrics if all(metric not in run.figures for run in all_runs)]
    if missing and kind.metrics is None:  # the names were not checked when the file was read
        logger.warning("%s: no row on %s has %s; measured are %s", experiment.name, name, ", ".join(missing), known)
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
            {row.name for row in experiment.rows if _varies(experiment, row, datasets)},
        ),
        version=", ".join(sorted({run.code or code_version() for run in all_runs})),
        files=[Path(f"{stem}.json"), Path(f"{stem}.png")],
        left_out=left_out,
    )
    result.save(result.files[0], overwrite=True)
    details = {row: networks[0][0].details for row, networks in measured.items()}
    draw = kind.picture(experiment.picture)
    picture = draw(figures, f"{experiment.title}\n{name}; {experiment.place}", details)
    save_figure(picture, result.files[1], overwrite=True)
    return result


def _without_missing(experiment: Experiment, name: str, data: Any) -> tuple[Experiment, dict[str, str]]:
    """Returns the experiment without the rows that cannot be measured on the data, and why they cannot."""
    reasons = {row.name: row.missing(data) for row in experiment.rows}
    left_out = {row: reason for row, reason in reasons.items() if reason is not None}
    rows = tuple(row for row in experiment.rows if row.name not in left_out)
    if not rows:
        raise UsageError(f"{experiment.name}: no row can be measured on {name}: {next(iter(left_out.values()))}.")
    claims = []
    for claim in experiment.claims:
        others = [other for other in claim.get("better_than", []) if other not in left_out]
        if claim["row"] not in left_out and claim.get("of") not in left_out:
            claims.append({**claim, "better_than": others} if "better_than" in claim else claim)
    return replace(experiment, rows=rows, claims=claims), left_out


def _measure(
    experiment: Experiment,
    name: str,
    datasets: list[list[Any]],
    row: Row,
    runs: FinishedRuns,
    progress: bool,
) -> list[list[Measured]]:
    """Measures a row for each network and each seed."""
    kind = KINDS[experiment.kind]
    measured: list[list[Measured]] = []
    varies = _varies(experiment, row, datasets)
    for network, versions in enumerate(datasets):
        measured.append([])
        for seed in range(experiment.seeds if varies else 1):
            place = f", network {network}" if len(datasets) > 1 else ""
            place += f", seed {seed}" if varies else ""
            logger.info("%s, %s: %s%s", experiment.name, name, row.name, place)
            dataset = versions[seed % len(versions)]
            measured[-1].append(kind.measure(Case(experiment, name, dataset, row, seed, runs, progress)))
    return measured


def _varies(experiment: Experiment, row: Row, datasets: list[list[Any]]) -> bool:
    """Whether another seed gives other figures: the row's model is trained, or data or split depend on the seed."""
    return row.is_trained or experiment.split in ("random", "files") or len(datasets[0]) > 1


def _runs(experiment: Experiment, measured: list[list[Measured]]) -> dict[str, npt.NDArray[np.float64]]:
    """Each metric of a row, ``[networks, seeds]``."""
    return {
        metric: np.array([[run.figures[metric] for run in seeds] for seeds in measured])
        for metric in experiment.metrics
        if all(metric in run.figures for seeds in measured for run in seeds)
    }


def _figures(
    experiment: Experiment, name: str, row: Row, measured: dict[str, list[list[Measured]]]
) -> list[dict[str, object]]:
    published = experiment.published.get(name, {}).get(row.published or "", {})
    all_runs = [run for seeds in measured[row.name] for run in seeds]
    lines: list[dict[str, object]] = []
    for metric, values in _runs(experiment, measured[row.name]).items():
        new = [run.figures[f"{metric} new"] for run in all_runs if f"{metric} new" in run.figures]
        known = float(published.get(metric, math.nan))
        # Between the seeds of a network: networks differ for other reasons.
        std = math.sqrt(values.var(axis=1, ddof=1).mean()) if values.shape[1] > 1 else math.nan
        lines.append(
            {
                "row": row.name,
                "metric": metric,
                "published": known,
                "measured": float(values.mean()),
                "std": std,
                "seeds": values.shape[1],
                "difference": float(values.mean()) - known,
                "new": mean(new) if new else math.nan,
                "seconds": mean(run.seconds for run in all_runs),
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
