"""Figures of predicted final sizes of cascades."""

from __future__ import annotations

import inspect
from dataclasses import asdict, dataclass, replace
from typing import Any

from graphcascade.data import CascadeDataset, ObservationWindow
from graphcascade.errors import UsageError
from graphcascade.evaluation import CascadeSizeProtocol, evaluate_cascade_sizes
from graphcascade.experiments.best_candidate import fit_best_candidate
from graphcascade.experiments.case import Case, Measured
from graphcascade.experiments.choosing_row import ChoosingRow
from graphcascade.experiments.experiment import Experiment
from graphcascade.experiments.kind import ExperimentKind, register_kind
from graphcascade.models import find_model
from graphcascade.models.cascade_size import CascadeSizeModel
from graphcascade.options import CascadeSizeOptions, ObservationOptions
from graphcascade.tasks import CascadeSizeTask
from graphcascade.trainers import CascadeSizeTrainer

__all__ = ["CASCADE_SIZES", "CascadeSizeRow", "measure_cascade_sizes"]

METRICS = ("MSLE", "Median relative error")
ENDS = ("lower", "upper")


@dataclass(frozen=True, kw_only=True)
class CascadeSizeRow(ChoosingRow):
    """A row whose figures are those of predicted final sizes.

    Args:
        observe: Length of the window in time, such as "1h".
        observe_events: Length of the window in events.
    """

    observe: str | None = None
    observe_events: int | None = None

    @property
    def has_seed(self) -> bool:
        """Whether the model is not trained in epochs, but has a seed of its own."""
        kind = self.model_class
        return kind is not None and "seed" in inspect.signature(kind).parameters

    @property
    def is_trained(self) -> bool:
        return super().is_trained or self.has_seed

    def trainer_class(self) -> type[CascadeSizeTrainer]:
        return CascadeSizeTrainer

    def check(self) -> None:
        """Checks that the model exists, and that every setting has an effect on it.

        Raises:
            UnknownNameError: There is no model of that name.
            UsageError: There is no model, or no window; a setting has no effect on the model; the trainer does not have
                an argument.
        """
        if self.model is None:
            raise UsageError("a row needs a model.")
        ObservationWindow(self.observe, self.observe_events)
        if not super().is_trained:
            self.require_unset(["trainer", "choose_trainer"], f"{self.model} is not trained in epochs")
        self.check_training()
        window = {"observe": self.observe, "observe_events": self.observe_events}
        for candidate in self.candidates():
            row = replace(candidate, arguments=window | candidate.arguments)
            row.check_model(self.model, {})


def measure_cascade_sizes(case: Case[CascadeSizeRow]) -> Measured:
    """Measures the errors of predicted final sizes, with the ends of their intervals over cascades.

    The settings of a row are those of the lowest MSLE on the validation part of the same split.
    """
    row = case.row
    protocol = CascadeSizeProtocol(observe=row.observe, observe_events=row.observe_events)
    train, val, test = case.dataset.splits(seed=case.seed)
    run = case.run("cascade sizes", test, asdict(protocol), lambda: _measure(case, train, val, test))
    assert test.split is not None
    words = f"{protocol}, {test.split.method} split, {run['counts']}"
    return Measured(run["figures"], words, run["chosen"], run["seconds"], run["code"])


def _measure(
    case: Case[CascadeSizeRow], train: CascadeDataset, val: CascadeDataset, test: CascadeDataset
) -> dict[str, Any]:
    best, chosen = fit_best_candidate(
        case,
        lambda candidate: _fit(candidate, train, val),
        lambda model: -evaluate_cascade_sizes(model, val, case.seed)["MSLE"],
        "MSLE {:.3f}",
    )
    result = evaluate_cascade_sizes(best, test, case.seed)
    rows = result.metrics.set_index("metric")
    figures = {name: result[name] for name in METRICS}
    figures |= {f"{name}, {end}": float(rows[end][name]) for name in METRICS for end in ENDS}
    counts = ", ".join(f"{count:,} {name}" for name, count in result.counts.items() if count)
    return {"figures": figures, "counts": counts, "chosen": chosen.replace("MSLE -", "MSLE ")}


def _fit(case: Case[CascadeSizeRow], train: CascadeDataset, val: CascadeDataset) -> CascadeSizeModel:
    row, task = case.row, CascadeSizeTask()
    assert row.model is not None  # checked when the file is read
    kind = find_model(row.model)
    assert issubclass(kind, CascadeSizeModel)  # likewise
    options = CascadeSizeOptions(observation=ObservationOptions(row.observe, row.observe_events))
    arguments = row.arguments | ({"seed": case.seed} if row.has_seed else {})
    model = task.make(kind, train, arguments, options, case.seed)
    return task.fit(model, train, val, task.trainer(options, case.seed, case.progress, **row.trainer))


def _list_metrics(experiment: Experiment) -> list[str]:
    return [*METRICS, *(f"{name}, {end}" for name in METRICS for end in ENDS)]


CASCADE_SIZES = register_kind(
    ExperimentKind(
        "cascade sizes",
        CascadeSizeRow,
        measure_cascade_sizes,
        models=(CascadeSizeModel,),
        metrics=_list_metrics,
    )
)
