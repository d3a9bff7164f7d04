"""Chooses the settings of a row on validation, by the F1 of whole cascades, and fits the chosen model."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import mean
from typing import Any, Generic, TypeVar

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.evaluation import Result, RolloutProtocol, evaluate_cascades
from graphcascade.experiments.case import Case
from graphcascade.experiments.fitting import fit_in_stages
from graphcascade.experiments.simulated_row import SimulatedRow
from graphcascade.models import SourceCooccurrence
from graphcascade.models.model import Model
from graphcascade.models.next_user import CountingModel

__all__ = [
    "FIGURES",
    "VALIDATION_SETTINGS",
    "Choice",
    "cascade_figures",
    "choose",
    "choose_counter_weight",
    "fit_chosen",
    "fit_counter",
    "possible_ends",
    "rollout_protocol",
    "split_without_validation",
]

RowT = TypeVar("RowT", bound=SimulatedRow)

FIGURES = {
    "Macro-F1": ("Macro-F1", "full"),
    "Micro-F1": ("Micro-F1", "full"),
    "Macro-F1 early": ("Macro-F1", "early"),
    "Micro-F1 early": ("Micro-F1", "early"),
}
"""Metric and horizon of each figure of whole cascades, by its name in experiments."""
VALIDATION_SETTINGS = frozenset({"terminate", "validation", "validation_simulations"})
"""Settings of an experiment that :func:`choose` uses."""


@dataclass(frozen=True)
class Choice(Generic[RowT]):
    """The settings with which a row is trained and tested.

    Args:
        row: The row, with nothing left to choose.
        epochs: Number of training epochs.
        temperature: Temperature of the simulations.
        counter_weight: Weight of the counting baseline in the answer.
        terminate: Whether the model may end a simulation.
        chosen: The settings that were chosen, in words.
        tried: Number of settings that were compared.
        splits: Number of validation splits.
        score: The chosen settings' mean F1 on validation.
    """

    row: RowT
    epochs: int
    temperature: float
    terminate: bool
    counter_weight: float = 0.0
    chosen: tuple[str, ...] = ()
    tried: int = 0
    splits: int = 1
    score: float = 0.0

    @property
    def words(self) -> str:
        """What was chosen, from how many settings, and how good it was; empty if there was nothing to choose."""
        if not self.tried:
            return ""
        splits = f"{self.splits} validation split{'s' if self.splits > 1 else ''}"
        return f"{', '.join(self.chosen)} (best of {self.tried} on {splits}, {self.score:.3f})"


def cascade_figures(result: Result, targets: str = "all") -> dict[str, dict[str, float]]:
    """Returns the figures of whole cascades by answer ("sampled" or "set") and name in experiments."""
    return {
        answer: {
            name: result.value(metric, answer=answer, horizon=horizon, targets=targets)
            for name, (metric, horizon) in FIGURES.items()
        }
        for answer in result.metrics["answer"].unique()
    }


def split_without_validation(dataset: CascadeDataset) -> tuple[CascadeDataset, CascadeDataset]:
    """Returns all training cascades, including those that validation held out, and the test cascades."""
    train, _, test = dataset.splits(fractions=(0.9, 0.0, 0.1))
    return train, test


def choose(case: Case[RowT]) -> Choice[RowT]:
    """Chooses the settings with the best validation score: the mean of the four F1 figures over all validation splits.

    Every combination of arguments is trained on the training cascades of each split that are not held out, and tested
    after each number of epochs, at each temperature, with and without an early end where the row has both. The test
    cascades are not used. If there is only one combination, it is not tested.

    Raises:
        UsageError: Several validation splits of a random split are asked for.
    """
    row, experiment = case.row, case.experiment
    candidates = row.candidates()
    epochs = sorted(row.epochs.get(case.name, [0]))
    ends = possible_ends(case, row)
    splits = experiment.validation.get(case.name, 1)
    if len(candidates) * len(ends) * len(epochs) * len(row.temperature) == 1:
        return _fix(case, candidates[0], epochs[0], row.temperature[0], ends[0])
    tested: list[tuple[float, Choice[RowT], RowT]] = []
    for candidate, end in itertools.product(candidates, ends):
        temperatures = _shared_temperatures(case, end)
        validated = _validate(case, candidate, epochs, temperatures, end, splits)
        for number, temperature in itertools.product(epochs, row.temperature):
            score = _score(row, [figures[_figures_key(number, temperature)] for figures in validated])
            tested.append((score, _fix(case, candidate, number, temperature, end), candidate))
    score, choice, candidate = max(tested, key=lambda entry: entry[0])
    chosen = row.describe_candidate(candidate)
    if row.is_trained:
        chosen.append(f"epochs={choice.epochs}")
    if len(row.temperature) > 1:
        chosen.append(f"temperature={choice.temperature:g}")
    if len(ends) > 1:
        chosen.append("may end early" if choice.terminate else "no early end")
    return replace(choice, chosen=tuple(chosen), tried=len(tested), splits=splits, score=score)


def choose_counter_weight(case: Case[RowT], choice: Choice[RowT], weights: Sequence[float]) -> Choice[RowT]:
    """Chooses the weight of SourceCooccurrence beside the model, after all other settings have been chosen.

    Args:
        case: The row.
        choice: The other settings.
        weights: The weights to choose from.

    Returns:
        The choice with the weight of the best validation score; a single weight is not tested.
    """
    if len(weights) == 1:
        return replace(choice, counter_weight=weights[0])
    splits = case.experiment.validation.get(case.name, 1)
    validated = _validate(
        case, choice.row, [choice.epochs], [choice.temperature], choice.terminate, splits, tuple(weights)
    )
    scores = {
        weight: _score(
            case.row, [figures[_figures_key(choice.epochs, choice.temperature, weight)] for figures in validated]
        )
        for weight in weights
    }
    best = max(weights, key=scores.__getitem__)
    return replace(
        choice,
        counter_weight=best,
        chosen=(*choice.chosen, f"counter_weight={best:g}"),
        tried=choice.tried + len(weights),
        splits=splits,
        score=scores[best],
    )


def fit_chosen(case: Case[RowT], choice: Choice[RowT], train: CascadeDataset) -> Model:
    """Fits the model of a row with the settings that were chosen.

    Raises:
        UsageError: The model does not predict whole cascades; see also
            :func:`~graphcascade.experiments.fitting.fit_model`.
    """
    *_, model = fit_in_stages(replace(case, row=choice.row), train, [choice.epochs])
    _require_predicted_cascades(model, choice.row)
    return model


def possible_ends(case: Case[SimulatedRow], row: SimulatedRow) -> list[bool]:
    """Returns whether simulations of a row may end early, or both values to choose from."""
    terminate = case.experiment.terminate if row.terminate is None else row.terminate
    return terminate if isinstance(terminate, list) else [terminate]


def rollout_protocol(
    row: SimulatedRow, temperature: float, simulations: int, counter_weight: float, terminate: bool
) -> RolloutProtocol:
    """Returns how the model of a row is simulated."""
    terminate = terminate or not row.is_trained  # on a network, cascades end by themselves
    return RolloutProtocol(
        simulations=simulations, temperature=temperature, terminate=terminate, counter_weight=counter_weight
    )


def fit_counter(train: CascadeDataset, weight: float) -> CountingModel | None:
    """Returns the counting baseline that a weight refers to; none for the weight 0."""
    return SourceCooccurrence(train.num_users).fit(train) if weight else None


def _fix(case: Case[SimulatedRow], row: RowT, epochs: int, temperature: float, terminate: bool) -> Choice[RowT]:
    """A choice whose row states the chosen values, and is the key of the final run."""
    fixed = replace(
        row,
        epochs={case.name: [epochs]} if row.is_trained else {},
        temperature=[temperature],
        terminate=terminate if row.is_trained else None,
    )
    return Choice(fixed, epochs, temperature, terminate)


def _shared_temperatures(case: Case[SimulatedRow], terminate: bool) -> list[float]:
    """The temperatures of all rows with this end, so that rows that only differ in temperatures share their runs."""
    if not case.row.is_trained:
        return [1.0]
    rows = [row for row in case.experiment.rows if isinstance(row, SimulatedRow)]
    return sorted(
        {value for row in rows if terminate in possible_ends(case, row) for value in row.temperature}, reverse=True
    )


def _figures_key(epochs: int, temperature: float, weight: float = 0.0) -> str:
    return f"{epochs}, {temperature:g}, {weight:g}" if weight else f"{epochs}, {temperature:g}"


def _score(row: SimulatedRow, figures: list[dict[str, dict[str, float]]]) -> float:
    return mean(values[row.answer][name] for values in figures for name in FIGURES)


def _validate(
    case: Case[RowT],
    candidate: RowT,
    epochs: list[int],
    temperatures: list[float],
    terminate: bool,
    splits: int,
    weights: tuple[float, ...] = (0.0,),
) -> list[dict[str, dict[str, dict[str, float]]]]:
    """The figures of a candidate on each validation split, by epochs, temperature and weight."""
    row = replace(
        candidate,
        epochs={case.name: epochs} if candidate.is_trained else {},
        temperature=temperatures,
        terminate=terminate if candidate.is_trained else None,
    )
    return [_validate_on_split(replace(case, row=row, seed=split), terminate, weights) for split in range(splits)]


def _validate_on_split(
    case: Case[RowT], terminate: bool, weights: tuple[float, ...]
) -> dict[str, dict[str, dict[str, float]]]:
    row, simulations = case.row, case.experiment.validation_simulations
    train, val, _ = case.dataset.splits(seed=case.seed)
    assert val.split is not None
    if case.seed > 0 and val.split.method == "random":  # it would draw from the test cascades
        raise UsageError(f"{case.name}: its split is random, so choices can be made on one validation split only.")

    def measure() -> dict[str, Any]:
        figures = {}
        epochs = row.epochs.get(case.name, [0])
        for number, model in zip(epochs, fit_in_stages(case, train, epochs), strict=True):
            _require_predicted_cascades(model, row)
            for temperature, weight in itertools.product(row.temperature, weights):
                protocol = rollout_protocol(row, temperature, simulations, weight, terminate)
                result = evaluate_cascades(model, val, protocol, case.seed, counter=fit_counter(train, weight))
                figures[_figures_key(number, temperature, weight)] = cascade_figures(result)
        return figures

    protocol = {"simulations": simulations, "counter_weights": list(weights)}
    return case.run("validation", val, protocol, measure)


def _require_predicted_cascades(model: Model, row: SimulatedRow) -> None:
    if not model.predicts_cascades:
        raise UsageError(f"row {row.name!r}: {row.model} does not predict whole cascades.")
