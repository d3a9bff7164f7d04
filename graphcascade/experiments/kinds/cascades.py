from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from graphcascade.evaluation import RolloutProtocol, evaluate_cascades
from graphcascade.experiments.case import Case, Measured
from graphcascade.experiments.choice import (
    FIGURES,
    VALIDATION_SETTINGS,
    cascade_figures,
    choose,
    choose_counter_weight,
    fit_chosen,
    fit_counter,
    rollout_protocol,
    split_without_validation,
)
from graphcascade.experiments.fitting import STAGE_SETTINGS
from graphcascade.experiments.kind import ExperimentKind, register_kind
from graphcascade.experiments.simulated_row import SimulatedRow
from graphcascade.models import DiffusionModel
from graphcascade.models.next_user import NextUserPredictor, ScoringModel

__all__ = ["CASCADES", "CascadesRow", "measure_cascades"]


@dataclass(frozen=True, kw_only=True)
class CascadesRow(SimulatedRow):
    """A row with the F1 of whole cascades.

    Args:
        counter_weight: Weights of SourceCooccurrence beside the model to choose from, once all other settings are
            chosen; see :class:`~graphcascade.evaluation.RolloutProtocol`.
    """

    counter_weight: list[float] = field(default_factory=lambda: [0.0])

    def check(self) -> None:
        super().check()
        for weight in self.counter_weight:
            RolloutProtocol(counter_weight=weight)


def measure_cascades(case: Case[CascadesRow]) -> Measured:
    """Measures the F1 of whole cascades that are simulated from their sources (NDM paper, Section 5.3)."""
    experiment, row = case.experiment, case.row
    alone = replace(case, row=replace(row, counter_weight=[0.0]))  # shares its validation with rows without a counter
    choice = choose_counter_weight(alone, choose(alone), row.counter_weight)
    train, test = split_without_validation(case.dataset)
    protocol = rollout_protocol(
        row, choice.temperature, experiment.simulations, choice.counter_weight, choice.terminate
    )

    def measure() -> dict[str, Any]:
        model = fit_chosen(case, choice, train)
        counter = fit_counter(train, choice.counter_weight)
        result = evaluate_cascades(model, test, protocol, case.seed, case.progress, train, counter=counter)
        left_out = [result.counts[f"cascades {group}"] for group in ("that are in training, too", "with tied times")]
        groups = result.metrics["targets"].unique() if any(left_out) else ["all"]
        return {"figures": {group: cascade_figures(result, group) for group in groups}, "counts": result.counts}

    fixed = replace(choice.row, counter_weight=[choice.counter_weight])
    run = replace(case, row=fixed).run("cascades", test, asdict(protocol), measure)
    figures = {}
    for name in experiment.metrics:
        for group, ending in (("all", ""), ("new", " new")):
            if (value := run["figures"].get(group, {}).get(row.answer, {}).get(name)) is not None:
                figures[name + ending] = value
    words = str(protocol)
    if row.answer == "set":
        is_simulated = row.model_class is None or not issubclass(row.model_class, ScoringModel)
        words = f"{words}; their likeliest users" if is_simulated else "the likeliest users, given the source"
    return Measured(figures, words, choice.words, run["seconds"], run["code"])


CASCADES = register_kind(
    ExperimentKind(
        "cascades",
        CascadesRow,
        measure_cascades,
        settings=frozenset({"simulations", *VALIDATION_SETTINGS}),
        fixed_settings=STAGE_SETTINGS,
        models=(NextUserPredictor, DiffusionModel),
        metrics=lambda _: list(FIGURES),
    )
)
