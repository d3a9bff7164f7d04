from __future__ import annotations

from dataclasses import asdict
from typing import Any

from graphcascade.evaluation import evaluate_cascades
from graphcascade.experiments.case import Case, Measured
from graphcascade.experiments.training import (
    cascade_figures,
    choose,
    counter,
    final_parts,
    input_key,
    rollout_protocol,
    trained,
)
from graphcascade.models import MODELS
from graphcascade.models.next_user import ScoringModel

__all__ = ["measure_cascades"]


def measure_cascades(case: Case) -> Measured:
    """F1 of whole cascades, simulated from their sources (NDM paper, Section 5.3)."""
    choice = choose(case)
    train, test = final_parts(case.dataset)
    assert test.split is not None
    experiment, row = case.experiment, case.row
    protocol = rollout_protocol(
        case, choice.temperature, experiment.simulations, choice.counter_weight, choice.terminate
    )

    def measure() -> dict[str, Any]:
        model = trained(case, train, choice.arguments, choice.trainer, choice.epochs, case.seed)
        beside = counter(train, choice.counter_weight)
        result = evaluate_cascades(model, test, protocol, case.seed, case.progress, train, counter=beside)
        left_out = [result.counts[f"cascades {which}"] for which in ("that are in training, too", "with tied times")]
        groups = result.metrics["targets"].unique() if any(left_out) else ["all"]
        return {"figures": {group: cascade_figures(result, group) for group in groups}, "counts": result.counts}

    found = case.runs.get(
        {
            "test": test.split.digest,
            "model": row.model,
            "arguments": choice.arguments,
            **input_key(row),
            "trainer": choice.trainer,
            "epochs": choice.epochs,
            "protocol": asdict(protocol),
            "seed": case.seed,
        },
        measure,
    )
    figures = {}
    for name in experiment.metrics:
        for group, ending in (("all", ""), ("new", " new")):
            if (value := found["figures"].get(group, {}).get(row.answer, {}).get(name)) is not None:
                figures[name + ending] = value
    words = str(protocol)
    if row.answer == "set":
        simulated = row.model is not None and not issubclass(MODELS[row.model], ScoringModel)
        words = f"{words}; their likeliest users" if simulated else "the likeliest users, given the source"
    return Measured(figures, words, choice.words, found["seconds"], found["code"])
