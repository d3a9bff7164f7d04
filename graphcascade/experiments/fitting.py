"""Makes and fits the model of a row; all kinds of experiments use these functions."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.experiments.case import Case
from graphcascade.experiments.model_row import UNREGISTERED_MODELS, ModelRow
from graphcascade.models import NextUserModel, TrueHazards, make_model_for
from graphcascade.models.fittable_model import FittableModel
from graphcascade.models.model import Model
from graphcascade.trainers import AdversarialTrainer, NextUserTrainer

__all__ = ["fit_in_stages", "fit_model"]


def fit_model(case: Case[ModelRow], train: CascadeDataset, val: CascadeDataset | None = None, **settings: Any) -> Model:
    """Makes the model of a row and fits it.

    Args:
        case: The row, with its data set and seed.
        train: Training cascades.
        val: Validation cascades, for models that are trained in epochs.
        settings: Arguments of the trainer that the kind of experiment sets, and rows may not set.

    Returns:
        The fitted model.

    Raises:
        UsageError: The row has no model; an argument of the model or the trainer is unknown or out of range; the row
            sets an argument of the trainer that the kind of experiment sets; the data set lacks a graph that the row
            needs.
    """
    model = _make(case, train)
    if isinstance(model, NextUserModel):
        return _trainer(case, **settings).fit(model, train, val)
    return _fit(model, train)


def fit_in_stages(case: Case[ModelRow], train: CascadeDataset, epochs: list[int]) -> Iterator[Model]:
    """Makes the model of a row and trains it without validation.

    Args:
        case: The row, with its data set and seed.
        train: Training cascades.
        epochs: Numbers of epochs, rising.

    Yields:
        The model after each number of epochs; once if it is not trained in epochs.

    Raises:
        UsageError: As for :func:`fit_model`.
    """
    model = _make(case, train)
    if not isinstance(model, NextUserModel):
        yield _fit(model, train)
        return
    with tempfile.TemporaryDirectory(prefix="graphcascade-") as folder:
        for number, max_epochs in enumerate(epochs):
            trainer = _trainer(case, max_epochs=max_epochs, patience=None, directory=folder)
            yield trainer.fit(model, train, resume=number > 0)


def _make(case: Case[ModelRow], train: CascadeDataset) -> Model:
    row = case.row
    if row.model is None:
        raise UsageError(f"row {row.name!r} has no model.")
    if row.model == "TrueHazards":
        return TrueHazards.from_dataset(case.dataset)
    if row.model in UNREGISTERED_MODELS:
        model: Model = UNREGISTERED_MODELS[row.model](**row.arguments)
        return model
    return make_model_for(case.dataset, row.model, row.arguments, row.fusion, row.social_dim, case.seed)


def _fit(model: Model, train: CascadeDataset) -> Model:
    return model.fit(train) if isinstance(model, FittableModel) else model  # nothing is fitted in TrueHazards


def _trainer(case: Case[ModelRow], **settings: Any) -> NextUserTrainer:
    row = case.row
    settings |= {"seed": case.seed, "progress": case.progress}
    for name in row.trainer:
        if name in settings:
            raise UsageError(
                f"row {row.name!r} sets trainer.{name}, which experiments of the kind {case.experiment.kind!r} set "
                "themselves; leave it out."
            )
    settings |= row.trainer
    return NextUserTrainer(**settings) if row.adversary is None else AdversarialTrainer(**row.adversary, **settings)
