"""How a row's model is made, chosen on validation, and trained on all training cascades."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

import torch

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.evaluation import Result, RolloutProtocol, evaluate_cascades
from graphcascade.experiments.case import Case
from graphcascade.experiments.experiment import Row
from graphcascade.models import MODELS, SourceCooccurrence, make_model
from graphcascade.models.embedding import DeepWalk
from graphcascade.models.fittable_model import FittableModel
from graphcascade.models.model import Model
from graphcascade.models.next_user import CountingModel, NextUserModel
from graphcascade.trainers import NextUserTrainer

__all__ = [
    "Choice",
    "cascade_figures",
    "choose",
    "counter",
    "final_parts",
    "input_key",
    "is_trained",
    "rollout_protocol",
    "trained",
]

FIGURES = {
    "Macro-F1": ("Macro-F1", "full"),
    "Micro-F1": ("Micro-F1", "full"),
    "Macro-F1 early": ("Macro-F1", "early"),
    "Micro-F1 early": ("Micro-F1", "early"),
}
"""Metric and horizon of each figure of whole cascades, by its name in experiments."""


@dataclass(frozen=True)
class Choice:
    """The settings with which a row is trained and tested.

    Args:
        arguments: Arguments of the model.
        trainer: Arguments of the trainer.
        epochs: Number of training epochs.
        temperature: Temperature of the simulations.
        counter_weight: Weight of the counting baseline in the answer.
        terminate: Whether the model may end a simulation.
        words: What was chosen, from how much, and how good it was.
    """

    arguments: dict[str, Any]
    trainer: dict[str, Any]
    epochs: int
    temperature: float
    counter_weight: float
    terminate: bool
    words: str


def cascade_figures(result: Result, targets: str = "all") -> dict[str, dict[str, float]]:
    """The figures of whole cascades by answer ("sampled" or "set") and name in experiments."""
    return {
        answer: {
            name: result.value(metric, answer=answer, horizon=horizon, targets=targets)
            for name, (metric, horizon) in FIGURES.items()
        }
        for answer in result.metrics["answer"].unique()
    }


def final_parts(dataset: CascadeDataset) -> tuple[CascadeDataset, CascadeDataset]:
    """All training cascades, and the test cascades. What was held out of them for a choice is among them again."""
    train, _, test = dataset.splits(fractions=(0.9, 0.0, 0.1))
    return train, test


def choose(case: Case) -> Choice:
    """The row's settings of best validation: the mean of the four figures of F1, over all validation splits.

    Every setting is trained on the other training cascades of each split and tested after each number of epochs at
    each temperature, with and without an early end where the row has both; then, with these, each weight of the
    counter. The test cascades play no part. A setting with a single value is used as it is.
    """
    row, experiment = case.row, case.experiment
    settings = [
        (row.arguments | arguments, row.trainer | trainer)
        for arguments, trainer in itertools.product(_each(row.choose), _each(row.choose_trainer))
    ]
    if is_trained(row) and case.name not in row.epochs:
        raise UsageError(f"{experiment.name}: {row.name} has no epochs for {case.name}.")
    epochs = sorted(row.epochs.get(case.name, [0]))
    ends = early_ends(case, row)
    splits = experiment.validation.get(case.name, 1)
    if len(settings) * len(ends) * len(epochs) * len(row.temperature) * len(row.counter_weight) == 1:
        return Choice(*settings[0], epochs[0], row.temperature[0], row.counter_weight[0], ends[0], "")
    found = []
    for (arguments, trainer), end in itertools.product(settings, ends):
        temperatures = _shared_temperatures(case, end)
        parts = [_validated(case, arguments, trainer, epochs, temperatures, end, split) for split in range(splits)]
        for stage, temperature in itertools.product(epochs, row.temperature):
            score = _score(row, [part[_stage_name(stage, temperature)] for part in parts])
            found.append((score, arguments, trainer, stage, temperature, end))
    score, arguments, trainer, stage, temperature, end = max(found, key=lambda one: one[0])
    searched = (*row.choose, *row.choose_trainer)
    chosen = [f"{name}={(arguments | trainer)[name]}" for name in searched]
    if is_trained(row):
        chosen.append(f"epochs={stage}")
    if len(row.temperature) > 1:
        chosen.append(f"temperature={temperature:g}")
    if len(ends) > 1:
        chosen.append("may end early" if end else "no early end")
    counter_weight, tried = row.counter_weight[0], len(found)
    if len(row.counter_weight) > 1:
        parts = [
            _validated(case, arguments, trainer, [stage], [temperature], end, split, row.counter_weight)
            for split in range(splits)
        ]
        of_weights = [
            (_score(row, [part[_stage_name(stage, temperature, weight)] for part in parts]), weight)
            for weight in row.counter_weight
        ]
        score, counter_weight = max(of_weights, key=lambda one: one[0])
        chosen.append(f"counter_weight={counter_weight:g}")
        tried += len(of_weights)
    words = f"{', '.join(chosen)} (best of {tried} on {splits} validation split{'s'[: splits != 1]}, {score:.3f})"
    return Choice(arguments, trainer, stage, temperature, counter_weight, end, words)


def _shared_temperatures(case: Case, end: bool) -> list[float]:
    """The temperatures of all rows that are simulated alike, so that these rows share their runs."""
    if not is_trained(case.row):
        return [1.0]
    rows = [row for row in case.experiment.rows if end in early_ends(case, row)]
    return sorted({temperature for row in rows for temperature in row.temperature}, reverse=True)


def _stage_name(stage: int, temperature: float, weight: float = 0.0) -> str:
    return f"{stage}, {temperature:g}, {weight:g}" if weight else f"{stage}, {temperature:g}"


def _score(row: Row, figures: list[dict[str, dict[str, float]]]) -> float:
    return mean(figure[row.answer][name] for figure in figures for name in FIGURES)


def trained(
    case: Case,
    train: CascadeDataset,
    arguments: dict[str, Any],
    trainer: dict[str, Any],
    epochs: int,
    seed: int,
) -> Model:
    """The row's model, trained for a number of epochs."""
    *_, model = _stages(case, train, arguments, trainer, [epochs], seed)
    return model


def is_trained(row: Row) -> bool:
    """Whether the row's model is trained in epochs, from a seed."""
    return row.model is not None and row.model in MODELS and issubclass(MODELS[row.model], NextUserModel)


def early_ends(case: Case, row: Row) -> list[bool]:
    """Whether simulations of a row may end early, or both to choose from."""
    given = case.experiment.terminate if row.terminate is None else row.terminate
    return given if isinstance(given, list) else [given]


def rollout_protocol(
    case: Case, temperature: float, simulations: int, counter_weight: float, terminate: bool
) -> RolloutProtocol:
    """How the row's model is simulated."""
    terminate = terminate or not is_trained(case.row)  # on a network cascades end by themselves
    return RolloutProtocol(
        simulations=simulations, temperature=temperature, terminate=terminate, counter_weight=counter_weight
    )


def counter(train: CascadeDataset, weight: float) -> CountingModel | None:
    """The counting baseline that a row's model is combined with; ``None`` if its weight is 0."""
    return SourceCooccurrence(train.num_users).fit(train) if weight else None


def input_key(row: Row) -> dict[str, Any]:
    """What, besides its arguments, the row's model is made from: for the key of a run."""
    return {"social": row.social_dim} | ({} if row.fusion is None else {"fusion": row.fusion})


def _each(values: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(values, one, strict=True)) for one in itertools.product(*values.values())]


def _stages(
    case: Case,
    train: CascadeDataset,
    arguments: dict[str, Any],
    trainer: dict[str, Any],
    epochs: list[int],
    seed: int,
) -> Iterator[Model]:
    """The model after each number of epochs."""
    assert case.row.model is not None
    if case.row.social_dim:
        graph = case.dataset.follow_graph
        if graph is None:
            raise UsageError(f"{case.row.name}: {case.name} has no follow graph.")
        arguments = arguments | {"social_features": DeepWalk(case.row.social_dim, seed=seed).fit(graph)}
    torch.manual_seed(seed)
    model = make_model(case.row.model, train.num_users, arguments, case.row.fusion)
    if not isinstance(model, NextUserModel):
        assert isinstance(model, FittableModel)
        model.fit(train)
        yield model
        return
    with tempfile.TemporaryDirectory(prefix="graphcascade-") as folder:
        for number, stage in enumerate(epochs):
            loop = NextUserTrainer(
                max_epochs=stage, patience=None, seed=seed, directory=folder, progress=case.progress, **trainer
            )
            yield loop.fit(model, train, resume=number > 0)


def _validated(
    case: Case,
    arguments: dict[str, Any],
    trainer: dict[str, Any],
    epochs: list[int],
    temperatures: list[float],
    end: bool,
    split: int,
    weights: Sequence[float] = (0.0,),
) -> dict[str, dict[str, dict[str, float]]]:
    train, val, _ = case.dataset.splits(seed=split)
    assert val.split is not None
    if split > 0 and val.split.method == "random":  # it would draw from the test cascades
        raise UsageError(f"{case.name}: its split is random, so choices can be made on one validation split only.")
    experiment = case.experiment

    def measure() -> dict[str, Any]:
        figures = {}
        stages = _stages(case, train, arguments, trainer, epochs, split)
        for stage, model in zip(epochs, stages, strict=True):
            for temperature, weight in itertools.product(temperatures, weights):
                protocol = rollout_protocol(case, temperature, experiment.validation_simulations, weight, end)
                result = evaluate_cascades(model, val, protocol, split, counter=counter(train, weight))
                figures[_stage_name(stage, temperature, weight)] = cascade_figures(result)
        return figures

    key = {
        "validation": val.split.digest,
        "model": case.row.model,
        "arguments": arguments,
        **input_key(case.row),
        "trainer": trainer,
        "epochs": epochs,
        "temperatures": temperatures,
        "simulations": experiment.validation_simulations,
        "terminate": end,
        "counter_weights": list(weights),
        "seed": split,
    }
    return case.runs.get(key, measure)
