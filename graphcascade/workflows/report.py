from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

import graphcascade
from graphcascade.data import CascadeDataset, PostStream, RetweetNetwork
from graphcascade.errors import GraphCascadeError, StorageError, UsageError
from graphcascade.io import write_graph
from graphcascade.io.json_file import write_json
from graphcascade.io.table_files import write_table
from graphcascade.models import save_model
from graphcascade.options import CascadeReadOptions, FeatureOptions, ReadOptions
from graphcascade.options.follow_graph_options import FollowDirection
from graphcascade.options.task_options import make_options, require_defaults
from graphcascade.report import PageTable, Section, write_page
from graphcascade.tasks.chosen_features import default_features
from graphcascade.tasks.compare_models import list_models
from graphcascade.tasks.saved_reading import describe_reading
from graphcascade.tasks.table import TASKS
from graphcascade.tasks.task import Task, UnknownUsers
from graphcascade.workflows.collected_warnings import collected_warnings
from graphcascade.workflows.prediction_study import PredictionStudy
from graphcascade.workflows.sections import (
    Part,
    compare_next_user_models,
    compare_task_models,
    describe_data,
    describe_examples,
    describe_network,
    draw_tree,
    explain_predictions,
    predict_open_cascades,
    predict_sizes,
    rank_influencers,
    show_predictions,
)
from graphcascade.workflows.study import Study

__all__ = ["Report", "check_report_folder", "write_report"]

logger = logging.getLogger(__name__)

COMMAND = "graphcascade report"  # the footer of the page names it
PAGE = "report.html"
TABLES = (
    *("data", "models", "next-users", "links", "network-accuracy", "tree", "influencers", "seeds", "sizes"),
    *("predictions", "importances"),
)
FILES = (PAGE, "report.json", "network.graphml", "model.safetensors", *(f"{name}.csv" for name in TABLES))
Sections: TypeAlias = Sequence[tuple[str, str, Callable[[Any], Part]]]
SECTIONS: Sections = (
    ("The data", "describing the data", describe_data),
    ("Which model?", "comparing models", compare_next_user_models),
    ("Who comes next?", "predicting the next users of open cascades", predict_open_cascades),
    ("Who drives whom?", "inferring the network", describe_network),
    ("One cascade", "inferring the tree of a cascade", draw_tree),
    ("Whom to start with?", "ranking users by their influence", rank_influencers),
    ("How big will they get?", "predicting the sizes of open cascades", predict_sizes),
)
"""Of a page about cascades: titles of the sections, what they do, and the functions that make them."""
PREDICTION_SECTIONS: Sections = (
    ("The data", "describing the data", describe_examples),
    ("Which model?", "comparing models", compare_task_models),
    ("Predictions", "predicting", show_predictions),
    ("What the predictions depend on", "measuring the importance of inputs", explain_predictions),
)
"""The same of a page about posts or retweets."""


@dataclass(frozen=True, eq=False)
class Report:
    """A page about cascades, posts or retweets, and what it was made from.

    Args:
        dataset: The data.
        description: Counts and other figures of the data, by their names.
        times_are_dates: Whether the times of the data were read from dates.
        parts: The sections, with their tables and figures.
        files: Paths of the page and of the files beside it.
    """

    dataset: CascadeDataset | PostStream | RetweetNetwork
    description: pd.Series[Any]
    times_are_dates: bool
    parts: list[Part]
    files: list[Path]

    @property
    def comparison(self) -> pd.DataFrame | None:
        """A row for each compared model; ``None`` if models could not be compared."""
        found = [part.tables["models"] for part in self.parts if "models" in part.tables]
        return found[0] if found else None

    @property
    def figures(self) -> dict[str, Any]:
        """The figures of all sections as plain values."""
        return {name: value for part in self.parts for name, value in part.figures.items()}


def write_report(
    data: str | Path | CascadeDataset | PostStream | RetweetNetwork,
    out: str | Path = "report",
    models: Sequence[str] | None = None,
    max_epochs: int = 30,
    budget: float = 1.0,
    seed: int = 0,
    progress: bool = False,
    *,
    reading: CascadeReadOptions | None = None,
    features: FeatureOptions | None = None,
    follow_graph: str | Path | None = None,
    direction: FollowDirection | None = None,
    unknown_users: UnknownUsers = "drop",
    source_column: str | None = None,
    target_column: str | None = None,
    link_sep: str | None = None,
    title: str | None = None,
    command: str = COMMAND,
    overwrite: bool = False,
) -> Report:
    """Studies data and writes a page about them, with the files behind it.

    The page describes the data and compares models with counting baselines. About cascades, it predicts the next users
    and the final sizes of open ones, shows the inferred network and the tree of one cascade, and ranks users by their
    influence; if the true network is known, it stands beside the inferred one. About posts, it shows which of them are
    predicted to be most popular and what the predictions depend on; about retweets, the tweets recommended to some
    users. A section that cannot be made from these data says why.

    Args:
        data: Cascades, posts or retweets; or a file, a folder or the name of a dataset.
        out: Folder for the page, report.html, and the files behind it.
        models: Names of the learned models to compare with counting; if ``None``, a few that suit the data, or none if
            their training would take long.
        max_epochs: Maximum number of training epochs of each model.
        budget: Minutes after which no further training begins.
        seed: Random seed of the split, the weights and the simulations.
        progress: Show progress bars, on terminals and in notebooks.
        reading: How to read a file, such as the names of its columns.
        features: Features of images and texts of posts and tweets. Texts without features get those of latent semantic
            analysis; images are used only if an encoder is named.
        follow_graph: File of links between the users of cascades, with two users per line.
        direction: Order of the two users in a line; ``None`` if the names of the columns may say it.
        unknown_users: What to do with links of users who are in no cascade.
        source_column, target_column: Columns of the two users of a link, if their names are not usual ones.
        link_sep: Separator of the columns of the file of links; found from its first line if ``None``.
        title: Heading of the page; by default it names the data.
        command: Command that the footer of the page names.
        overwrite: Whether to replace the files of an earlier page in the folder. Files that are not from such a page
            are never replaced.

    Raises:
        UsageError: A model is unknown or does not fit the data; a number is out of range; an option has no effect on
            these data.
        GraphCascadeError: The data cannot be read.
        StorageError: The folder has files of these names already, or cannot be written to.
    """
    out = Path(out)
    check_report_folder(out, overwrite, command)
    for name, value in (("max_epochs", max_epochs), ("budget", budget)):
        if value <= 0:
            raise UsageError(argument=name, value=value, reason="must be above 0")
    reading = ReadOptions(**vars(reading or CascadeReadOptions()))
    task = _find_task(data, reading)
    options = make_options(task.options, {"max_epochs": max_epochs})
    list_models(task, models, options)  # checks the names before the work
    study: Study | PredictionStudy
    with collected_warnings() as warned:
        dataset = task.read(str(data), reading) if isinstance(data, str | Path) else data
        if follow_graph is not None:
            how: dict[str, Any] = {"encoding": reading.encoding, "on_error": reading.on_error, "sep": link_sep}
            how |= {"source_column": source_column, "target_column": target_column}
            dataset = task.add_links(dataset, Path(follow_graph), direction, unknown_users, **how)
        if isinstance(dataset, CascadeDataset):
            require_defaults(features or FeatureOptions(), "on cascades")
            study = Study(dataset, models, max_epochs, budget, seed, progress)
            sections = SECTIONS
            title = title or f"How {dataset.name} spreads"
        else:
            options = replace(options, features=default_features(dataset, features or FeatureOptions()))
            dataset = task.add_features(dataset, options, progress)
            study = PredictionStudy(task, dataset, options, models, budget, seed, progress)
            sections = PREDICTION_SECTIONS if task.has_importances else PREDICTION_SECTIONS[:-1]
            title = title or f"{task.examples.capitalize()} of {dataset.name}"
        notes: dict[str, Any] = {}
        if isinstance(data, str | Path):
            notes = {"data": str(data), "reading": describe_reading(str(data), vars(reading))}
        parts = [_make(study, number, len(sections), *section) for number, section in enumerate(sections, 1)]
    if warned:
        section = Section(
            "Warnings", "What was logged while the page was made.", [PageTable(pd.DataFrame({"": warned}))]
        )
        parts.append(Part(section, figures={"warnings": list(warned)}))
    files = _write_files(study, dataset, parts, out, title, command, notes)
    description = dataset.describe(pairs=False) if isinstance(dataset, CascadeDataset) else task.describe(dataset)
    return Report(dataset, description, task.times_are_dates(dataset), parts, files)


def _find_task(data: Any, reading: ReadOptions) -> Task[Any, Any, Any, Any]:
    """Returns the task whose page is written."""
    if isinstance(data, CascadeDataset):
        return TASKS["next-user"]
    if isinstance(data, PostStream | RetweetNetwork):
        return TASKS["popularity" if isinstance(data, PostStream) else "ranking"]
    return next((task for task in TASKS.values() if task.recognizes(str(data), reading)), TASKS["next-user"])


def _write_files(
    study: Study | PredictionStudy,
    dataset: Any,
    parts: Sequence[Part],
    out: Path,
    title: str,
    command: str,
    notes: Mapping[str, Any],
) -> list[Path]:
    """Writes the page and the files behind it; the page is first, so that the others are known as its files."""
    files = [
        write_page(
            out / PAGE,
            title,
            "",
            [section for part in parts for section in (part.section, *part.details)],
            f"graphcascade {graphcascade.__version__}, '{command}'",
            findings=[part.finding for part in parts if part.finding],
            overwrite=True,
        )
    ]
    for name in FILES[1:]:  # an earlier page may have had other sections
        (out / name).unlink(missing_ok=True)
    for part in parts:
        for name, table in part.tables.items():
            files.append(out / f"{name}.csv")
            write_table(table, files[-1], "csv", overwrite=True)
    if isinstance(study, Study) and "network" in vars(study):
        try:
            network = write_graph(study.network, dataset.user_ids, out / "network.graphml", overwrite=True)
        except UsageError as error:  # ids that the format cannot hold
            logger.warning("%s; links.csv has the links.", str(error).rstrip("."))
        else:
            files.append(network)
    if "comparison" in vars(study):
        files.append(out / "model.safetensors")
        saved = {**study.saved_notes, **notes}
        save_model(study.comparison.best_model, files[-1], overwrite=True, tensors=study.saved_tensors, **saved)
    files.append(out / "report.json")
    write_json(files[-1], {name: value for part in parts for name, value in part.figures.items()}, overwrite=True)
    return files


def _make(study: Any, number: int, total: int, title: str, action: str, make: Callable[[Any], Part]) -> Part:
    """Makes a section, or one that says why it cannot be made."""
    logger.info("%d/%d: %s ...", number, total, action)
    try:
        return make(study)
    except GraphCascadeError as error:
        logger.info("%s", error)
        return Part(
            Section(title, f"This section could not be made: {error}"), figures={f"without {title}": str(error)}
        )


def check_report_folder(out: Path, overwrite: bool, command: str = COMMAND, others: Sequence[str] = ()) -> None:
    """Checks that a page and its files may be written into a folder.

    Args:
        out: The folder.
        overwrite: Whether an earlier page may be replaced.
        command: Command that the footer of such a page names.
        others: Names of further files that will be written.

    Raises:
        StorageError: The folder has an earlier page and ``overwrite`` is false, or files that are not from one.
    """
    page = out / PAGE
    ours = page.is_file() and command in page.read_text(encoding="utf-8", errors="replace")
    found = [name for name in (*FILES, *others) if (out / name).exists()]
    if found and not ours:
        raise StorageError(
            argument="out",
            value=out,
            reason=f"this folder has a file {found[0]} that is not from '{command}'; choose another folder",
        )
    if found and not overwrite:
        raise StorageError(
            argument="out",
            value=out,
            reason=f"this folder has an earlier page of '{command}'; choose another folder, or replace it with",
            remedy=("overwrite", True),
        )
