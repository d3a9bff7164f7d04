from __future__ import annotations

import logging
import math
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev

import matplotlib.pyplot as plt
import pandas as pd

import graphcascade
from graphcascade.data import CascadeDataset
from graphcascade.datasets import load_dataset
from graphcascade.errors import DownloadError, UnknownNameError, UsageError
from graphcascade.experiments.case import Case, Measured
from graphcascade.experiments.data_figures import measure_cooccurrence, measure_statistics
from graphcascade.experiments.experiment import Experiment, Row, find_experiment
from graphcascade.experiments.finished_runs import FinishedRuns
from graphcascade.experiments.model_figures import measure_norms, measure_social_links
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
    "cascades": measure_cascades,
    "norms": measure_norms,
    "social links": measure_social_links,
}


def reproduce(
    name: str | Path,
    datasets: Sequence[str] | None = None,
    directory: str | Path = "reproduced",
    root: str | Path = "datasets",
    seeds: int | None = None,
    progress: bool = False,
) -> list[Reproduction]:
    """Runs a table or figure of a paper, and sets what is measured beside what was published.

    Every run is kept in ``directory`` as soon as it ends: after an interruption the same call goes on. The figures of
    each data set are written there as JSON, and as a picture.

    Args:
        name: Name of the experiment, see :func:`list_experiments`, or a YAML file of your own.
        datasets: Some of its data sets; all of them if not given. One that is not here and cannot be downloaded is
            skipped, and the result says why.
        directory: Folder for runs, tables and pictures.
        root: Folder that data sets are kept in.
        seeds: Fewer or more training seeds than the experiment has.
        progress: Show progress bars, on terminals.

    Returns:
        One result for each data set.

    Raises:
        UnknownNameError: No experiment of that name; a data set that it does not have.
        UsageError: A task that there is not; fewer seeds than one.
        DataError: The YAML file is not an experiment.
        StorageError: The directory cannot be written to.
    """
    experiment = find_experiment(name)
    if experiment.task not in TASKS:
        raise UsageError(f"{name}: task {experiment.task!r} is not one of {', '.join(TASKS)}.")
    if seeds is not None:
        if seeds < 1:
            raise UsageError(f"seeds={seeds}: must be at least 1.")
        experiment = replace(experiment, seeds=seeds)
    return [_on_dataset(experiment, one, Path(directory), root, progress) for one in _wanted(experiment, datasets)]


def _wanted(experiment: Experiment, datasets: Sequence[str] | None) -> list[str]:
    known = {one.lower(): one for one in experiment.datasets}
    for one in datasets or []:
        if one.lower() not in known:
            raise UnknownNameError(f"{experiment.name} has no data set {one!r}; it has {', '.join(known.values())}.")
    return list(known.values()) if datasets is None else [known[one.lower()] for one in datasets]


def _on_dataset(experiment: Experiment, name: str, directory: Path, root: str | Path, progress: bool) -> Reproduction:
    try:
        dataset = _open(experiment, name, root)
    except DownloadError as error:
        logger.warning("%s: %s is skipped: %s", experiment.name, name, error)
        reason = "its files are not here and could not be downloaded"
        return Reproduction(experiment, name, skipped=reason, version=_version())
    runs, codes = FinishedRuns(directory / "runs", _version()), set()
    rows: list[dict[str, object]] = []
    protocols, chosen = {}, {}
    for row in experiment.rows:
        measured = _seeds(experiment, name, dataset, row, runs, progress)
        protocols[row.name], chosen[row.name] = measured[0].protocol, measured[0].chosen
        rows += _figures(experiment, name, row, measured)
        codes |= {one.code or _version() for one in measured}
    figures = pd.DataFrame(rows)
    stem = directory / f"{experiment.name}-{Path(name).stem.lower()}"
    result = Reproduction(
        experiment,
        name,
        figures,
        protocols,
        chosen,
        list(_claims(experiment, figures)),
        version=", ".join(sorted(codes)),
        files=[Path(f"{stem}.json"), Path(f"{stem}.png")],
    )
    result.save(result.files[0])
    picture = PICTURES[experiment.task](figures, f"{experiment.title}\n{name}; {experiment.place}")
    save_figure(picture, result.files[1])
    plt.close(picture)
    return result


def _open(experiment: Experiment, name: str, root: str | Path) -> CascadeDataset:
    file = None if experiment.folder is None else experiment.folder / name
    return read_cascades(file) if file is not None and file.is_file() else load_dataset(name, root)


def _seeds(
    experiment: Experiment, name: str, dataset: CascadeDataset, row: Row, runs: FinishedRuns, progress: bool
) -> list[Measured]:
    task = TASKS[experiment.task]
    found = []
    for seed in range(experiment.seeds if is_trained(row) else 1):  # counting has no chance in it
        logger.info("%s, %s: %s%s", experiment.name, name, row.name, f", seed {seed}" if is_trained(row) else "")
        found.append(task(Case(experiment, name, dataset, row, seed, runs, progress)))
    return found


def _figures(experiment: Experiment, name: str, row: Row, measured: list[Measured]) -> list[dict[str, object]]:
    published = experiment.published.get(name, {}).get(row.published or "", {})
    lines: list[dict[str, object]] = []
    for metric in experiment.metrics:
        values = [one.figures[metric] for one in measured if metric in one.figures]
        new = [one.figures[f"{metric} new"] for one in measured if f"{metric} new" in one.figures]
        if not values:
            continue
        known = float(published.get(metric, math.nan))
        lines.append(
            {
                "row": row.name,
                "metric": metric,
                "published": known,
                "measured": mean(values),
                "deviation": stdev(values) if len(values) > 1 else math.nan,
                "seeds": len(values),
                "difference": mean(values) - known,
                "new": mean(new) if new else math.nan,
                "seconds": mean(one.seconds for one in measured),
                "parameter": row.parameter or math.nan,
                "value": math.nan if row.value is None else str(row.value),
            }
        )
    return lines


def _claims(experiment: Experiment, figures: pd.DataFrame) -> list[tuple[str, bool]]:
    """Each claim in words, and whether it holds on every metric."""
    table = figures.pivot(index="row", columns="metric", values="measured")
    published = figures.pivot(index="row", columns="metric", values="published")
    found = []
    for claim in experiment.claims:
        row, metrics = claim["row"], claim.get("on", experiment.metrics)
        if "within" in claim:
            gap = (table.loc[row] - published.loc[row])[metrics].abs().max()
            if not math.isnan(gap):
                words = f"{row} within {claim['within']:g} of the published figures (largest difference {gap:.3f})"
                found.append((words, bool(gap <= claim["within"])))
        for other in claim.get("above", []):
            values = published.loc[row] if other == "published" else table.loc[other]
            if values.isna().all():
                continue
            name = "the published figures" if other == "published" else other
            better = table.loc[row] > values
            worse = [metric for metric in metrics if not better[metric]]
            found.append((f"{row} above {name}" + (f" (not on {', '.join(worse)})" if worse else ""), not worse))
    return found


def _version() -> str:
    """The version, with the commit where the package lies in a repository of its own."""
    folder = Path(graphcascade.__file__).parents[2]
    if not (folder / ".git").exists():
        return graphcascade.__version__
    try:
        command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--exclude=*"]
        commit = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return graphcascade.__version__
    return f"{graphcascade.__version__} ({commit})"
