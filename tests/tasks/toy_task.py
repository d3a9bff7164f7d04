"""A small task outside the package: one number is predicted for each item of a folder."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch_geometric.data import Data

import graphcascade
from graphcascade.errors import DataError, UsageError
from graphcascade.evaluation import EvaluationProtocol, Result
from graphcascade.models import Model
from graphcascade.models.make import make_model
from graphcascade.options import ReadOptions, TrainingOptions
from graphcascade.tasks import Comparison, Parts, Task
from tests.trainers.toy_trainers import SquaresTrainer


@dataclass(frozen=True)
class ItemOptions:
    """Options of the regression of items.

    Args:
        num_test: Number of the last items, which are for the test; so many items before them are for validation.
    """

    heading = "regression of items"

    num_test: int = 4


@dataclass(frozen=True)
class ToyOptions:
    """Options of the task "toy"."""

    training: TrainingOptions = field(default_factory=TrainingOptions)
    items: ItemOptions = field(default_factory=ItemOptions)


@dataclass(frozen=True)
class ToyProtocol(EvaluationProtocol):
    """Squared errors over items."""

    examples: ClassVar[str] = "items"
    averaged_over: ClassVar[str] = "items"


class ToyModel(Model):
    """A linear function of the features of an item.

    Args:
        size: Number of features.
        bias: Whether it has a constant.
    """

    def __init__(self, size: int, bias: bool = True) -> None:
        super().__init__()
        self.linear = nn.Linear(size, 1, bias=bias)
        self.register_buffer("seen", torch.empty(0, dtype=torch.bool))  # it has no users
        self.user_ids = np.empty(0, dtype=object)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x)


class ToyTask(Task[Data, ToyModel, ToyOptions, SquaresTrainer]):
    """One number for each item."""

    name = "toy"
    model_summary = "predicts a number for each item"
    model = ToyModel
    options = ToyOptions
    examples = "items"
    subject = "item"
    wrapped_column = "item"
    title = "Numbers:"
    no_prediction_reason = "they have no features"

    def check(self, model: type[ToyModel], options: ToyOptions) -> None:
        if options.items.num_test < 1:
            raise UsageError(argument="num_test", value=options.items.num_test, reason="must be at least 1")

    def read(self, data: str, files: ReadOptions) -> Data:
        frame = pd.read_csv(Path(data) / "items.csv")
        features = frame[[name for name in frame if name.startswith("x")]]
        x, y = (torch.tensor(part.to_numpy(), dtype=torch.float32) for part in (features, frame["y"]))
        return Data(x=x, y=y, item=frame["item"].tolist(), name=Path(data).name)

    def data_name(self, data: Data) -> str:
        return str(data.name)

    def prepare(self, dataset: Data, model: type[ToyModel], options: ToyOptions) -> tuple[Data, ToyOptions]:
        return dataset, options

    def split(self, dataset: Data, options: ToyOptions, seed: int) -> Parts[Data]:
        held_out, count = options.items.num_test, dataset.y.numel()
        if count <= 2 * held_out:
            raise DataError(f"{dataset.name}: there are too few items.")
        bounds = (0, count - 2 * held_out, count - held_out, count)
        return Parts(*(_rows(dataset, begin, end) for begin, end in itertools.pairwise(bounds)))

    def make(
        self,
        model: type[ToyModel],
        dataset: Data,
        arguments: dict[str, Any],
        options: ToyOptions,
        seed: int = 0,
        progress: bool = False,
    ) -> ToyModel:
        torch.manual_seed(seed)
        return make_model(model, 0, arguments, sizes={"size": dataset.x.size(1)})

    def trainer(self, options: ToyOptions, seed: int, progress: bool, **settings: Any) -> SquaresTrainer:
        return SquaresTrainer(**({**options.training.given(), "seed": seed, "progress": progress} | settings))

    def trains_in_epochs(self, model: type[ToyModel]) -> bool:
        return True

    def fit(
        self, model: ToyModel, train: Data, val: Data | None, trainer: SquaresTrainer, resume: bool = False
    ) -> ToyModel:
        held_out = None if val is None else (val.x, val.y)
        trainer.fit(model, (train.x, train.y), held_out, resume=resume)
        return model

    @torch.no_grad()
    def test(
        self, model: ToyModel, data: Data, trainer: SquaresTrainer, allow_overlap: bool = False
    ) -> dict[str, Result]:
        error = float((model(data.x).squeeze(1) - data.y).square().mean())
        row = {"metric": "MSE", "answer": "", "horizon": "", "targets": "all", "unit": "item", "value": error}
        metrics = pd.DataFrame([{**row, "error": math.nan, "headline": True}])
        counts = {"items": data.y.numel()}
        version = graphcascade.__version__
        name = type(model).__name__
        return {"result": Result(name, data.name, metrics, ToyProtocol(), counts, None, trainer.seed, 0.0, version)}

    def compare(
        self, model: ToyModel, parts: Parts[Data], trainer: SquaresTrainer, result: Result, options: ToyOptions
    ) -> Comparison:
        return Comparison()

    @torch.no_grad()
    def predict(self, model: ToyModel, data: Data, k: int | None = None, interval: float | None = None) -> pd.DataFrame:
        return pd.DataFrame({"item": data.item, "number": model(data.x).squeeze(1).tolist()})

    def subjects(self, data: Data) -> list[Any]:
        return list(data.item)

    def notes(self, options: ToyOptions) -> dict[str, Any]:
        return {"num_test": options.items.num_test}

    def saved_options(self, notes: dict[str, Any]) -> ToyOptions:
        return ToyOptions(items=ItemOptions(notes["num_test"]))


def _rows(data: Data, begin: int, end: int) -> Data:
    return Data(x=data.x[begin:end], y=data.y[begin:end], item=data.item[begin:end], name=data.name)
