from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from graphcascade.experiments.row import Row

__all__ = ["Experiment"]


@dataclass(frozen=True)
class Experiment:
    """A table or figure of a paper: the runs to make and the published values.

    Args:
        name: Name, such as "ndm-table2".
        title: What it shows.
        paper: Title of the paper.
        url: Its address.
        place: Place in the paper.
        kind: Name of the kind of experiment, see :data:`~graphcascade.experiments.KINDS`.
        metrics: Names of the metrics in the table.
        datasets: Names of the datasets, each with a note that the table carries, or none. A file of your own may also
            name files of cascades, by their paths relative to it.
        rows: Rows of the table.
        picture: Name of another picture that the kind of experiment has, instead of its usual one.
        seeds: Number of training seeds; 1 if nothing is random.
        split: How cascades are divided: "random" (another division for each seed), "chronological" or "files". Only
            for kinds of experiments that leave it open, which need it.
        networks: How many networks a simulated dataset is made on; figures are means over them.
        simulations: Number of simulations of each test cascade.
        terminate: Whether a model may end a simulation.
        validation: For each dataset the number of splits that validation scores are averaged over.
        validation_simulations: Number of simulations of each validation cascade.
        simulated: Arguments of datasets that are simulated, such as ``num_users``.
        published: For each dataset, row and metric the published value.
        claims: Statements to check. ``row`` is "better_than" other rows or "published" (greater, or for errors
            smaller), by more than a "margin" if one is given; or it is "within" a distance, or a share
            ("within_share"), "of" another row or its own published row. On all metrics, or on those that ``metrics``
            lists.
        note: Text for readers of the table.
        folder: Folder of the experiment's file, if it is a file of your own.
    """

    name: str
    title: str
    paper: str
    url: str
    place: str
    kind: str
    metrics: list[str]
    datasets: dict[str, str | None]
    rows: tuple[Row, ...]
    picture: str = ""
    seeds: int = 1
    split: Literal["random", "chronological", "files"] | None = None
    networks: int = 1
    simulations: int = 1000
    terminate: bool = False
    validation: dict[str, int] = field(default_factory=dict)
    validation_simulations: int = 100
    simulated: dict[str, Any] = field(default_factory=dict)
    published: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    claims: list[dict[str, Any]] = field(default_factory=list)
    note: str = ""
    folder: Path | None = None
