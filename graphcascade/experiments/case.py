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
        seed: Seed of weights, order and draws.
        runs: Where finished runs are kept.
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
    """What a case gave.

    Args:
        figures: Value of each metric.
        protocol: What they mean, in words.
        chosen: What was chosen on validation, in words.
        seconds: Training and test.
        code: Version of the code that measured it.
        details: What pictures show beside the figures, plain values.
    """

    figures: dict[str, float]
    protocol: str
    chosen: str
    seconds: float
    code: str = ""
    details: dict[str, Any] = field(default_factory=dict)
