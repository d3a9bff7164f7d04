from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.evaluation import Result, evaluate_cascades, find_protocol
from graphcascade.models import make_model_for
from graphcascade.models.diffusion import DiffusionModel
from graphcascade.options import NetworkOptions, ProtocolOptions, ReadOptions
from graphcascade.tasks.comparison import Comparison
from graphcascade.tasks.counting_baselines import COUNTING_BASELINES
from graphcascade.tasks.parts import Parts
from graphcascade.tasks.protocol_choice import choose_protocol, split_cascades
from graphcascade.tasks.reading import open_data
from graphcascade.tasks.task import Task
from graphcascade.trainers import NetworkTrainer

__all__ = ["NetworkTask"]


class NetworkTask(Task[CascadeDataset, DiffusionModel, NetworkOptions, NetworkTrainer]):
    """Who infects whom: a network is inferred, and tested by the whole cascades that spread on it."""

    name = "network"
    question = "infers a network"
    model = DiffusionModel
    options = NetworkOptions
    subject = "cascade"
    title = "Who is infected?"
    unpredictable = "nobody is left"

    def check(self, model: type[DiffusionModel], options: NetworkOptions) -> None:
        if options.testing.protocol is not None:
            find_protocol(options.testing.protocol)

    def read(self, data: str, files: ReadOptions) -> CascadeDataset:
        return open_data(data, files)

    def prepare(
        self, dataset: CascadeDataset, model: type[DiffusionModel], options: NetworkOptions
    ) -> tuple[CascadeDataset, NetworkOptions]:
        testing = replace(options.testing, protocol=choose_protocol(dataset, options.testing))
        return dataset, replace(options, testing=testing)

    def split(self, dataset: CascadeDataset, options: NetworkOptions, seed: int) -> Parts[CascadeDataset]:
        return split_cascades(dataset, options.testing.protocol or "chronological", seed)

    def make(
        self,
        model: type[DiffusionModel],
        dataset: CascadeDataset,
        arguments: dict[str, Any],
        options: NetworkOptions,
        seed: int = 0,
        progress: bool = False,
    ) -> DiffusionModel:
        return make_model_for(dataset, model, arguments, seed=seed)

    def trainer(self, options: NetworkOptions, seed: int, progress: bool) -> NetworkTrainer:
        return NetworkTrainer(seed=seed, progress=progress)

    def fit(
        self, model: DiffusionModel, parts: Parts[CascadeDataset], trainer: NetworkTrainer, resume: bool = False
    ) -> DiffusionModel:
        return trainer.fit(model, parts.train)

    def test(
        self, model: DiffusionModel, data: CascadeDataset, trainer: NetworkTrainer, allow_overlap: bool = False
    ) -> dict[str, Result]:
        return {"result": trainer.test(model, data, allow_overlap)}

    def compare(
        self,
        model: DiffusionModel,
        parts: Parts[CascadeDataset],
        trainer: NetworkTrainer,
        result: Result,
        options: NetworkOptions,
    ) -> Comparison:
        baselines = [baseline(parts.train.num_users).fit(parts.train) for baseline in COUNTING_BASELINES]
        return Comparison([evaluate_cascades(baseline, parts.test) for baseline in baselines])

    def subjects(self, data: CascadeDataset) -> list[Any]:
        return list(range(len(data)))

    def notes(self, options: NetworkOptions) -> dict[str, Any]:
        return {"protocol": options.testing.protocol}

    def saved_options(self, notes: dict[str, Any]) -> NetworkOptions:
        return NetworkOptions(testing=ProtocolOptions(protocol=notes.get("protocol", "chronological")))

    def predict(self, model: DiffusionModel, data: CascadeDataset, k: int | None = None) -> pd.DataFrame:
        raise UsageError(
            f"{type(model).__name__} infers a network and does not predict next users; test it with 'graphcascade "
            "test --task cascade'."
        )
