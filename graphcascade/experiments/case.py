from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic

from typing_extensions import TypeVar

from graphcascade.data import CascadeDataset
from graphcascade.data.digests import digest_data
from graphcascade.experiments.experiment import Experiment
from graphcascade.experiments.finished_runs import FinishedRuns
from graphcascade.experiments.row import Row

__all__ = ["Case", "Measured"]

RowT_co = TypeVar("RowT_co", bound=Row, covariant=True)
DataT = TypeVar("DataT", default=CascadeDataset)


@dataclass(frozen=True)
class Case(Generic[RowT_co, DataT]):
    """One row of an experiment, on one dataset, with one seed.

    Args:
        experiment: The experiment.
        name: Name of the dataset in it.
        dataset: The dataset.
        row: The row.
        seed: Random seed of the weights, the order of the cascades, and the simulations.
        runs: Store of finished runs.
        progress: Show progress bars, on terminals and in notebooks.
    """

    experiment: Experiment
    name: str
    dataset: DataT
    row: RowT_co
    seed: int
    runs: FinishedRuns
    progress: bool

    def run(
        self, measurement: str, data: DataT, protocol: Mapping[str, Any], measure: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        """Returns the stored run of this case, or measures and stores it.

        The key of the run is everything that it depends on: every setting of the row, the data, the protocol, the seed
        and the name of the measurement. Fields that only concern the table are not in it, so that rows and experiments
        that measure the same share their runs.

        Args:
            measurement: Name of the measurement.
            data: A part of the split.
            protocol: Settings of the measurement that are not the row's.
            measure: Measures the run, as values that JSON has.

        Returns:
            What ``measure`` returned, with ``seconds`` and ``code``.

        Raises:
            DataError: The file of the run is damaged.
            StorageError: The file cannot be written.
        """
        key = {
            "measurement": measurement,
            "row": self.row.settings(),
            "data": digest_data(data),
            "protocol": dict(protocol),
            "seed": self.seed,
        }
        return self.runs.get(key, measure)


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
