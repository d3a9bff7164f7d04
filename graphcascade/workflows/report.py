from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

import graphcascade
from graphcascade.data import CascadeDataset
from graphcascade.errors import GraphCascadeError, StorageError, UsageError
from graphcascade.io import write_graph
from graphcascade.io.json_file import write_json
from graphcascade.io.table_files import write_table
from graphcascade.models import save_model
from graphcascade.options import CascadeReadOptions, NextUserOptions, TrainingOptions
from graphcascade.options.follow_graph_options import FollowDirection
from graphcascade.report import Section, write_page
from graphcascade.tasks.compare_models import list_models
from graphcascade.tasks.reading import open_data, open_links
from graphcascade.tasks.saved_reading import describe_reading
from graphcascade.tasks.table import TASKS
from graphcascade.tasks.task import UnknownUsers
from graphcascade.workflows.sections import (
    Part,
    compare_next_user_models,
    describe_data,
    describe_network,
    draw_tree,
    predict_open_cascades,
    predict_sizes,
    rank_influencers,
)
from graphcascade.workflows.study import Study

__all__ = ["Report", "check_report_folder", "write_report"]

logger = logging.getLogger(__name__)

COMMAND = "graphcascade report"  # the footer of the page names it
PAGE = "report.html"
TABLES = ("data", "models", "next-users", "links", "network-accuracy", "tree", "influencers", "seeds", "sizes")
FILES = (PAGE, "report.json", "network.graphml", "model.safetensors", *(f"{name}.csv" for name in TABLES))
SECTIONS: Sequence[tuple[str, str, Callable[[Study], Part]]] = (
    ("The data", "describing the data", describe_data),
    ("Which model?", "comparing models", compare_next_user_models),
    ("Who comes next?", "predicting the next users of open cascades", predict_open_cascades),
    ("Who drives whom?", "inferring the network", describe_network),
    ("One cascade", "inferring the tree of a cascade", draw_tree),
    ("Whom to start with?", "ranking users by their influence", rank_influencers),
    ("How big will they get?", "predicting the sizes of open cascades", predict_sizes),
)
"""Titles of the sections, what they do, and the functions that make them."""


@dataclass(frozen=True, eq=False)
class Report:
    """A page about cascades, and what it was made from.

    Args:
        dataset: The cascades.
        parts: The sections, with their tables and figures.
        files: Paths of the page and of the files beside it.
    """

    dataset: CascadeDataset
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
    data: str | Path | CascadeDataset,
    out: str | Path = "report",
    models: Sequence[str] | None = None,
    max_epochs: int = 30,
    budget: float = 1.0,
    seed: int = 0,
    progress: bool = False,
    *,
    reading: CascadeReadOptions | None = None,
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
    """Studies cascades and writes a page about them, with the files behind it.

    The page describes the data, compares models with counting baselines, predicts the next users and the final sizes of
    open cascades, shows the inferred network and the tree of one cascade, and ranks users by their influence. If the
    true network is known, it stands beside the inferred one. A section that cannot be made from these data says why.

    Args:
        data: Cascades, or a file or the name of a dataset.
        out: Folder for the page, report.html, and the files behind it.
        models: Names of the learned models to compare with counting; if ``None``, a few that suit the data, or none if
            their training would take long.
        max_epochs: Maximum number of training epochs of each model.
        budget: Minutes after which no further training begins.
        seed: Random seed of the split, the weights and the simulations.
        progress: Show progress bars, on terminals and in notebooks.
        reading: How to read a file, such as the names of its columns.
        follow_graph: File of links between the users, with two users per line.
        direction: Order of the two users in a line; ``None`` if the names of the columns may say it.
        unknown_users: What to do with links of users who are in no cascade.
        source_column, target_column: Columns of the two users of a link, if their names are not usual ones.
        link_sep: Separator of the columns of the file of links; found from its first line if ``None``.
        title: Heading of the page; by default it names the data.
        command: Command that the footer of the page names.
        overwrite: Whether to replace the files of an earlier page in the folder. Files that are not from such a page
            are never replaced.

    Raises:
        UsageError: A model is unknown or does not fit the data; a number is out of range.
        GraphCascadeError: The data cannot be read.
        StorageError: The folder has files of these names already, or cannot be written to.
    """
    out = Path(out)
    check_report_folder(out, overwrite, command)
    for name, value in (("max_epochs", max_epochs), ("budget", budget)):
        if value <= 0:
            raise UsageError(argument=name, value=value, reason="must be above 0")
    options = NextUserOptions(training=TrainingOptions(max_epochs=max_epochs))
    list_models(TASKS["next-user"], models, options)  # checks the names before the work
    reading = reading or CascadeReadOptions()
    dataset = data if isinstance(data, CascadeDataset) else open_data(str(data), reading)
    if follow_graph is not None:
        how: dict[str, Any] = {"encoding": reading.encoding, "on_error": reading.on_error, "sep": link_sep}
        how |= {"source_column": source_column, "target_column": target_column}
        links = open_links(Path(follow_graph), dataset, direction, unknown_users, **how)
        dataset = dataset.with_follow_graph(*links)
    notes = {} if isinstance(data, CascadeDataset) else {"reading": describe_reading(str(data), vars(reading))}
    study = Study(dataset, models, max_epochs, budget, seed, progress)
    parts = [_make(study, number, *section) for number, section in enumerate(SECTIONS, 1)]
    return Report(
        dataset, parts, _write_files(study, parts, out, title or f"How {dataset.name} spreads", command, notes)
    )


def _write_files(
    study: Study, parts: Sequence[Part], out: Path, title: str, command: str, notes: Mapping[str, Any]
) -> list[Path]:
    """Writes the page and the files behind it; the page is first, so that the others are known as its files."""
    files = [
        write_page(
            out / PAGE,
            title,
            "",
            [part.section for part in parts],
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
    if "network" in vars(study):
        try:
            network = write_graph(study.network, study.dataset.user_ids, out / "network.graphml", overwrite=True)
        except UsageError as error:  # ids that the format cannot hold
            logger.warning("%s; links.csv has the links.", str(error).rstrip("."))
        else:
            files.append(network)
    if "comparison" in vars(study):
        files.append(out / "model.safetensors")
        saved = {**TASKS["next-user"].notes(study.options), "seed": study.seed, **notes}
        save_model(study.comparison.best_model, files[-1], overwrite=True, **saved)
    files.append(out / "report.json")
    write_json(files[-1], {name: value for part in parts for name, value in part.figures.items()}, overwrite=True)
    return files


def _make(study: Study, number: int, title: str, action: str, make: Callable[[Study], Part]) -> Part:
    """Makes a section, or one that says why it cannot be made."""
    logger.info("%d/%d: %s ...", number, len(SECTIONS), action)
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
