"""Makes and fits the model of a row; all kinds of experiments use these functions."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.evaluation import NextUserProtocol
from graphcascade.experiments.case import Case
from graphcascade.experiments.model_row import UNREGISTERED_MODELS, ModelRow
from graphcascade.models import TrueHazards, make_model_for
from graphcascade.models.model import Model
from graphcascade.models.next_user import NextUserPredictor
from graphcascade.models.point_process import PointProcess
from graphcascade.options.task_options import make_options
from graphcascade.tasks import Task, task_of

__all__ = ["STAGE_SETTINGS", "fit_in_stages", "fit_model", "fit_predictor"]

STAGE_SETTINGS = frozenset({"max_epochs", "patience"})
"""Settings of the trainer that :func:`fit_in_stages` fixes."""


def fit_model(case: Case[ModelRow], train: CascadeDataset, val: CascadeDataset | None = None, **settings: Any) -> Model:
    """Makes the model of a row and fits it.

    Args:
        case: The row, with its dataset and seed.
        train: Training cascades.
        val: Validation cascades, for models that are trained in epochs.
        settings: Arguments of the trainer that the kind of experiment fixes; it names them in
            ``ExperimentKind.fixed_settings``, so that rows do not set them.

    Returns:
        The fitted model.

    Raises:
        UsageError: The row has no model; an argument of the model or the trainer is unknown or out of range; the
            dataset lacks a graph that the row needs.
    """
    model = _make(case)
    if isinstance(model, PointProcess):  # belongs to no task
        return model.fit(train)
    task = task_of(model)
    fitted: Model = task.fit(model, train, val, _trainer(case, task, model, settings))
    return fitted


def fit_predictor(
    case: Case[ModelRow], train: CascadeDataset, val: CascadeDataset, protocol: NextUserProtocol
) -> NextUserPredictor:
    """Makes the model of a row that predicts next users, and fits it under a protocol; see :func:`fit_model`.

    Args:
        case: The row, with its dataset and seed.
        train: Training cascades.
        val: Validation cascades.
        protocol: Protocol of the validation after each epoch.
    """
    model = fit_model(case, train, val, protocol=protocol)
    assert isinstance(model, NextUserPredictor)  # checked when the file is read
    return model


def fit_in_stages(case: Case[ModelRow], train: CascadeDataset, epochs: list[int]) -> Iterator[Model]:
    """Makes the model of a row and trains it without validation.

    Args:
        case: The row, with its dataset and seed.
        train: Training cascades.
        epochs: Numbers of epochs, rising.

    Yields:
        The model after each number of epochs; once if it is not trained in epochs.

    Raises:
        UsageError: As for :func:`fit_model`.
    """
    if not case.row.is_trained:
        yield fit_model(case, train)
        return
    model = _make(case)
    task = task_of(model)
    with tempfile.TemporaryDirectory(prefix="graphcascade-") as folder:
        for number, max_epochs in enumerate(epochs):
            settings = {"max_epochs": max_epochs, "patience": None, "directory": folder}
            yield task.fit(model, train, None, _trainer(case, task, model, settings), resume=number > 0)


def _make(case: Case[ModelRow]) -> Model:
    row = case.row
    if row.model is None:
        raise UsageError(f"row {row.name!r} has no model.")
    if row.model == "TrueHazards":
        return TrueHazards.from_dataset(case.dataset)
    if row.model in UNREGISTERED_MODELS:
        model: Model = UNREGISTERED_MODELS[row.model](**row.arguments)
        return model
    return make_model_for(
        case.dataset, row.model, row.arguments, row.fusion, row.social_dim, case.seed, graph=row.graph
    )


def _trainer(case: Case[ModelRow], task: Task[Any, Any, Any, Any], model: Model, settings: dict[str, Any]) -> Any:
    """Constructs the trainer of a row.

    Args:
        case: The row, with its dataset and seed.
        task: Task of the model.
        model: The model.
        settings: Arguments of the trainer that the kind fixes; they have no effect on models without epochs.
    """
    row = case.row
    options = make_options(task.options, {} if row.adversary is None else {"adversary": "alternate"})
    if not task.trains_in_epochs(type(model)):
        return task.trainer(options, case.seed, case.progress)
    return task.trainer(options, case.seed, case.progress, **settings, **row.trainer, **(row.adversary or {}))
