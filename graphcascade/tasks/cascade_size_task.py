from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd
import torch

from graphcascade.data import CascadeDataset, ObservationWindow
from graphcascade.errors import UsageError
from graphcascade.evaluation import Result, evaluate_cascade_sizes
from graphcascade.models import (
    CascadeSizeLSTM,
    CascadeSizeRMTPP,
    CatBoostCascadeSize,
    HawkesCascadeSize,
    LinearCascadeSize,
    MeanCascadeSize,
    make_model,
)
from graphcascade.models.cascade_size import CascadeSizeModel, EncodedSizeModel, FittedSizeModel
from graphcascade.options import CascadeSizeOptions, ObservationOptions
from graphcascade.prediction import predict_cascade_sizes
from graphcascade.tasks.cascade_data_task import CascadeDataTask
from graphcascade.tasks.comparison import Comparison
from graphcascade.tasks.parts import Parts
from graphcascade.tasks.search_space import SearchSpace
from graphcascade.tasks.value_range import ValueRange

if TYPE_CHECKING:  # it takes long to import, with lightning, and many commands do not train
    from graphcascade.trainers import CascadeSizeTrainer

__all__ = ["CascadeSizeTask"]

BASELINES: tuple[type[FittedSizeModel], ...] = (MeanCascadeSize, LinearCascadeSize, HawkesCascadeSize)


class CascadeSizeTask(CascadeDataTask[CascadeSizeModel, CascadeSizeOptions, "CascadeSizeTrainer"]):
    """How big a cascade gets, from its beginning."""

    name = "cascade-size"
    model_summary = "predicts the final size of cascades"
    model = CascadeSizeModel
    options = CascadeSizeOptions
    title = "How big will they get?"
    num_shown = 10
    no_prediction_reason = "they have not reached the end of the window"
    metric = "MSLE"
    lower_is_better = True
    baselines = BASELINES
    compared_models = (CascadeSizeLSTM, CascadeSizeRMTPP, CatBoostCascadeSize)
    space: ClassVar[SearchSpace] = {
        "learning_rate": ValueRange(0.0005, 0.02, log=True),
        "batch_size": (16, 32, 64),
        "dim": (16, 32, 64),
        "hidden": (16, 32, 64),
        "dropout": ValueRange(0.0, 0.5),
    }
    model_spaces: ClassVar[Mapping[str, SearchSpace]] = {
        "CatBoostCascadeSize": {
            "learning_rate": ValueRange(0.01, 0.3, log=True),
            "iterations": ValueRange(100, 1000),
            "tree_depth": ValueRange(2, 8),
        }
    }

    def check(self, model: type[CascadeSizeModel], options: CascadeSizeOptions) -> None:
        self.require_effect(model, options.testing, options.training)
        if options.observation != ObservationOptions():
            ObservationWindow(**vars(options.observation))

    def prepare(
        self, dataset: CascadeDataset, model: type[CascadeSizeModel], options: CascadeSizeOptions
    ) -> tuple[CascadeDataset, CascadeSizeOptions]:
        if options.observation == ObservationOptions():
            recorded, unit = dataset.table.recorded, dataset.time_unit
            if recorded is None:
                raise UsageError(
                    f"{dataset.name}: say how much of a cascade is observed, as a time or a number of events, such as",
                    remedy=("observe_events", 10) if unit is None else ("observe", "1h"),
                )
            options = replace(options, observation=ObservationOptions(observe=f"{recorded:g}{unit or ''}"))
        return dataset, options

    def split(self, dataset: CascadeDataset, options: CascadeSizeOptions, seed: int) -> Parts[CascadeDataset]:
        return Parts(*dataset.splits(seed=seed))

    def make(
        self,
        model: type[CascadeSizeModel],
        dataset: CascadeDataset,
        arguments: dict[str, Any],
        options: CascadeSizeOptions,
        seed: int = 0,
        progress: bool = False,
    ) -> CascadeSizeModel:
        torch.manual_seed(seed)
        return make_model(model, dataset.num_users, vars(options.observation) | arguments)

    def trainer(self, options: CascadeSizeOptions, seed: int, progress: bool, **settings: Any) -> CascadeSizeTrainer:
        from graphcascade.trainers import CascadeSizeTrainer  # takes long to import, with lightning

        return CascadeSizeTrainer(**({**options.training.given(), "seed": seed, "progress": progress} | settings))

    def trains_in_epochs(self, model: type[CascadeSizeModel]) -> bool:
        return issubclass(model, EncodedSizeModel)

    def fit(
        self,
        model: CascadeSizeModel,
        train: CascadeDataset,
        val: CascadeDataset | None,
        trainer: CascadeSizeTrainer,
        resume: bool = False,
    ) -> CascadeSizeModel:
        if isinstance(model, EncodedSizeModel):
            return trainer.fit(model, train, val, resume=resume)
        assert isinstance(model, FittedSizeModel)
        model.window.apply(train).log_left_out(train.name, model.window)
        model.fit(train)
        if val is not None:
            model.calibrate(val)
        return model

    def test(
        self, model: CascadeSizeModel, data: CascadeDataset, trainer: CascadeSizeTrainer, allow_overlap: bool = False
    ) -> dict[str, Result]:
        return {"result": trainer.test(model, data, allow_overlap)}

    def compare(
        self,
        model: CascadeSizeModel,
        parts: Parts[CascadeDataset],
        trainer: CascadeSizeTrainer,
        result: Result,
        options: CascadeSizeOptions,
    ) -> Comparison:
        window = model.window
        baselines = [
            kind(parts.train.num_users, window.observe, window.observe_events).fit(parts.train)
            for kind in BASELINES
            if kind is not type(model)
        ]

        def evaluate(data: CascadeDataset, *models: CascadeSizeModel) -> list[Result]:
            return [evaluate_cascade_sizes(each, data, trainer.seed) for each in models]

        test = evaluate(parts.test, *baselines)
        if isinstance(model, BASELINES):
            return Comparison(test)
        return Comparison(test, evaluate(parts.val, model, *baselines))

    def importances(self, model: CascadeSizeModel) -> pd.Series[Any] | None:
        return model.importances() if isinstance(model, CatBoostCascadeSize) else None

    has_interval = True

    def predict(
        self, model: CascadeSizeModel, data: CascadeDataset, k: int | None = None, interval: float | None = None
    ) -> pd.DataFrame:
        if k is not None:
            reason = f"has no effect on {type(model).__name__}, which {self.model_summary}; leave it out"
            raise UsageError(argument="k", value=k, reason=reason)
        return predict_cascade_sizes(model, data, interval=0.9 if interval is None else interval)

    def notes(self, options: CascadeSizeOptions) -> dict[str, Any]:
        return {}

    def saved_options(self, notes: dict[str, Any]) -> CascadeSizeOptions:
        return CascadeSizeOptions()
