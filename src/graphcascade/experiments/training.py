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
from graphcascade.evaluation import RolloutProtocol, evaluate_cascades
from graphcascade.experiments.case import Case
from graphcascade.experiments.experiment import Row
from graphcascade.models import MODELS, make_model
from graphcascade.models.diffusion import DiffusionModel
from graphcascade.models.embedding import DeepWalk
from graphcascade.models.next_user import CountingModel, NextUserModel, ScoringModel, SourceCooccurrence
from graphcascade.trainers import NextUserTrainer

__all__ = [
    "Choice",
    "choose",
    "counter",
    "figure_name",
    "final_parts",
    "input_key",
    "is_trained",
    "rollout_protocol",
    "trained",
]

FIGURES = ("Macro-F1", "Micro-F1", "Macro-F1 early", "Micro-F1 early")


@dataclass(frozen=True)
class Choice:
    """What a row is trained and tested with.

    Args:
        arguments: Of the model.
        trainer: Of the trainer.
        epochs: Epochs of training.
        temperature: Of the simulation.
        counts: Weight of the counter in the answer.
        words: What was chosen, from how much, and how good it was.
    """

    arguments: dict[str, Any]
    trainer: dict[str, Any]
    epochs: int
    temperature: float
    counts: float
    words: str


def figure_name(metric: str, answer: str) -> str:
    """What :func:`~graphcascade.evaluation.evaluate_cascades` calls the figure of a kind of answer."""
    return metric if answer == "sampled" else f"{metric} set"


def final_parts(dataset: CascadeDataset) -> tuple[CascadeDataset, CascadeDataset]:
    """All training cascades, and the test cascades. What was held out of them for a choice is among them again."""
    train, _, test = dataset.splits(fractions=(0.9, 0.0, 0.1))
    return train, test


def choose(case: Case) -> Choice:
    """The row's settings of best validation: the mean of the four figures of F1, over all validation splits.

    Every setting is trained on the other training cascades of each split and tested after each number of epochs at
    each temperature; then, with these, each weight of the counter. The test cascades play no part.
    """
    row, experiment = case.row, case.experiment
    settings = list(itertools.product(_each(row.choose), _each(row.choose_trainer)))
    if is_trained(row) and case.name not in row.epochs:
        raise UsageError(f"{experiment.name}: {row.name} has no epochs for {case.name}.")
    epochs = sorted(row.epochs.get(case.name, [0]))
    splits = experiment.validation.get(case.name, 1)
    if len(settings) * len(epochs) * len(row.temperature) * len(row.counts) == 1:
        return Choice(row.arguments, row.trainer, epochs[0], row.temperature[0], row.counts[0], "")
    temperatures = [1.0]
    if is_trained(row):  # those of all rows, so that rows share what is measured
        alike = [other for other in experiment.rows if may_end(case, other) == may_end(case, row)]
        temperatures = sorted({one for other in alike for one in other.temperature}, reverse=True)
    found = []
    for arguments, trainer in settings:
        arguments, trainer = row.arguments | arguments, row.trainer | trainer
        parts = [_validated(case, arguments, trainer, epochs, temperatures, split) for split in range(splits)]
        for stage, temperature in itertools.product(epochs, row.temperature):
            score = _score(row, [part[_stage_name(stage, temperature)] for part in parts])
            found.append((score, arguments, trainer, stage, temperature))
    score, arguments, trainer, stage, temperature = max(found, key=lambda one: one[0])
    searched = (*row.choose, *row.choose_trainer)
    chosen = [f"{name}={(arguments | trainer)[name]}" for name in searched]
    if is_trained(row):
        chosen.append(f"epochs={stage}")
    if len(row.temperature) > 1:
        chosen.append(f"temperature={temperature:g}")
    counts, tried = row.counts[0], len(found)
    if len(row.counts) > 1:
        parts = [
            _validated(case, arguments, trainer, [stage], [temperature], split, row.counts) for split in range(splits)
        ]
        of_weights = [
            (_score(row, [part[_stage_name(stage, temperature, weight)] for part in parts]), weight)
            for weight in row.counts
        ]
        score, counts = max(of_weights, key=lambda one: one[0])
        chosen.append(f"counts={counts:g}")
        tried += len(of_weights)
    words = f"{', '.join(chosen)} (best of {tried} on {splits} validation split{'s'[: splits != 1]}, {score:.3f})"
    return Choice(arguments, trainer, stage, temperature, counts, words)


def _stage_name(stage: int, temperature: float, weight: float = 0.0) -> str:
    return f"{stage}, {temperature:g}, {weight:g}" if weight else f"{stage}, {temperature:g}"


def _score(row: Row, figures: list[dict[str, float]]) -> float:
    return mean(figure[figure_name(name, row.answer)] for figure in figures for name in FIGURES)


def trained(
    case: Case,
    train: CascadeDataset,
    arguments: dict[str, Any],
    trainer: dict[str, Any],
    epochs: int,
    seed: int,
) -> NextUserModel | ScoringModel | DiffusionModel:
    """The row's model, trained for a number of epochs."""
    *_, model = _stages(case, train, arguments, trainer, [epochs], seed)
    return model


def is_trained(row: Row) -> bool:
    """Whether the row's model is trained in epochs, from a seed."""
    return row.model is not None and row.model in MODELS and issubclass(MODELS[row.model], NextUserModel)


def may_end(case: Case, row: Row) -> bool:
    """Whether simulations of a row may end early."""
    return case.experiment.terminate if row.terminate is None else row.terminate


def rollout_protocol(case: Case, temperature: float, simulations: int, counts: float) -> RolloutProtocol:
    """How the row's model is simulated."""
    terminate = may_end(case, case.row) or not is_trained(case.row)  # on a network cascades end by themselves
    return RolloutProtocol(simulations=simulations, temperature=temperature, terminate=terminate, counts=counts)


def counter(train: CascadeDataset, counts: float) -> CountingModel | None:
    """What a weight of counts stands for."""
    return SourceCooccurrence(train.num_users).fit(train) if counts else None


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
) -> Iterator[NextUserModel | ScoringModel | DiffusionModel]:
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
        assert isinstance(model, CountingModel | DiffusionModel)
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
    split: int,
    weights: Sequence[float] = (0.0,),
) -> dict[str, dict[str, float]]:
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
                protocol = rollout_protocol(case, temperature, experiment.validation_simulations, weight)
                result = evaluate_cascades(model, val, protocol, split, counter=counter(train, weight))
                kept = result.metrics[result.metrics["headline"]]
                name = _stage_name(stage, temperature, weight)
                figures[name] = dict(zip(kept["metric"], kept["value"], strict=True))
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
        "terminate": may_end(case, case.row),
        "seed": split,
    }
    return case.runs.get(key | ({"counts": list(weights)} if any(weights) else {}), measure)
