from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from graphcascade.data import CascadeDataset
from graphcascade.experiments.experiment import Experiment, Row
from graphcascade.experiments.finished_runs import FinishedRuns

__all__ = ["Case", "Measured"]


@dataclass(frozen=True)
class Case:
    """One row of an experiment, on one data set, with one seed.

    Args:
        experiment: The experiment.
        name: Name of the data set in it.
        dataset: The data set.
        row: The row.
        seed: Random seed of the weights, the order of the cascades, and the simulations.
        runs: Store of finished runs.
        progress: Show progress bars, on terminals.
    """

    experiment: Experiment
    name: str
    dataset: CascadeDataset
    row: Row
    seed: int
    runs: FinishedRuns
    progress: bool


@dataclass(frozen=True)
class Measured:
    """The figures measured for a case.

    Args:
        figures: Value of each metric.
        protocol: The protocol of the figures, in words.
        chosen: Settings that were chosen on validation, in words.
        seconds: Seconds of training and testing.
        code: Version of the code that measured it.
        details: Further plain values for pictures.
    """

    figures: dict[str, float]
    protocol: str
    chosen: str
    seconds: float
    code: str = ""
    details: dict[str, Any] = field(default_factory=dict)
