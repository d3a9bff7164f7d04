from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic

import pandas as pd
from matplotlib.figure import Figure
from typing_extensions import TypeVar

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.experiments.case import Case, Measured
from graphcascade.experiments.experiment import Experiment
from graphcascade.experiments.fitted_row import FittedRow
from graphcascade.experiments.open_data import open_cascades
from graphcascade.experiments.row import Row
from graphcascade.models import MODELS, Model
from graphcascade.registry import Registry
from graphcascade.report import plot_reproduction

__all__ = ["KINDS", "Details", "ExperimentKind", "register_kind"]

RowT = TypeVar("RowT", bound=Row)
DataT = TypeVar("DataT", default=CascadeDataset)

Details = Mapping[str, Mapping[str, Any]]
"""The details of the first run of each row, by the names of the rows."""

OPTIONAL_SETTINGS = frozenset(
    {"split", "simulations", "terminate", "validation", "validation_simulations", "simulated"}
)
"""Settings of experiments that not every kind uses."""
RUN_SETTINGS = frozenset({"seed", "progress", "directory"})
"""Settings of trainers that every kind fixes, because they belong to a run."""

Draw = Callable[[pd.DataFrame, str, Details], Figure]


def draw_figures(figures: pd.DataFrame, title: str, details: Details) -> Figure:
    """Draws published and measured figures."""
    return plot_reproduction(figures, title)


@dataclass(frozen=True)
class ExperimentKind(Generic[RowT, DataT]):
    """A kind of experiment: the settings of its rows, how a row is measured, and how the figures are drawn.

    Args:
        name: Name, which an experiment's file gives as ``kind``.
        row: Class of its rows. A setting in a file that is not a field of it is an error.
        measure: Measures a row on one dataset with one seed.
        draw: Draws the figures of one dataset, from the table of a :class:`~graphcascade.experiments.Reproduction`,
            a title, and the details of the rows.
        pictures: Other pictures, which an experiment's file names as ``picture``.
        settings: The settings of an :class:`~graphcascade.experiments.Experiment` that it uses, among those that only
            some kinds use (:data:`OPTIONAL_SETTINGS`). A file that sets another one of them is in error.
        fixed_settings: Settings of trainers that it fixes itself, besides :data:`RUN_SETTINGS`. A row that sets one of
            them is in error.
        models: Base classes of the models of its rows, or none for any model.
        metrics: Returns the names of the metrics that the rows of an experiment have, so that others are an error when
            the file is read; or none if the names are only known once a row is measured.
        open: Opens a dataset: for each network that it is simulated on, its version for each seed; a single version
            if all seeds have the same data.
        reads_folders: Whether ``open`` also takes the path of a folder, which may be none of the experiment's.
    """

    name: str
    row: type[RowT]
    measure: Callable[[Case[RowT, DataT]], Measured]
    draw: Draw = draw_figures
    pictures: Mapping[str, Draw] = field(default_factory=dict)
    settings: frozenset[str] = frozenset()
    fixed_settings: frozenset[str] = frozenset()
    models: tuple[type[Model], ...] = ()
    metrics: Callable[[Experiment], Sequence[str]] | None = None
    open: Callable[[Experiment, str, Path], list[list[Any]]] = open_cascades
    reads_folders: bool = False

    def picture(self, name: str) -> Draw:
        """Returns the function that draws a picture, or the figures if the name is empty."""
        return self.pictures[name] if name else self.draw

    def check_model(self, row: RowT) -> None:
        """Checks that the model of a row, if it has one, can be measured.

        Raises:
            UsageError: It is of another class than :attr:`models`, or it cannot be imported.
        """
        if not isinstance(row, FittedRow) or not self.models:
            return
        if row.model_class is not None and not issubclass(row.model_class, self.models):
            fitting = ", ".join(name for name in MODELS if issubclass(MODELS[name], self.models))
            raise UsageError(f"{row.model} is not a model for the kind {self.name!r}; use one of {fitting}.")


KINDS: Registry[ExperimentKind[Any, Any]] = Registry("kind of experiment")
"""The kinds of experiments, by their names."""


def register_kind(kind: ExperimentKind[RowT, DataT]) -> ExperimentKind[RowT, DataT]:
    """Registers a kind of experiment, so that files of experiments can name it.

    Args:
        kind: The kind.

    Returns:
        The kind.

    Raises:
        RuntimeError: There is one of that name already.
    """
    KINDS.register(kind.name)(kind)
    return kind
