from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.evaluation import Result, evaluate_cascades
from graphcascade.models import make_model_for
from graphcascade.models.diffusion import DiffusionModel
from graphcascade.options import FollowGraphOptions, NetworkOptions
from graphcascade.options.task_options import require_defaults
from graphcascade.tasks.cascade_task import CascadeTask
from graphcascade.tasks.comparison import Comparison
from graphcascade.tasks.counting_baselines import COUNTING_BASELINES
from graphcascade.tasks.parts import Parts
from graphcascade.tasks.reading import with_links

if TYPE_CHECKING:  # it takes long to import, with lightning, and many commands do not train
    from graphcascade.trainers import NetworkTrainer

__all__ = ["NetworkTask"]


class NetworkTask(CascadeTask[DiffusionModel, NetworkOptions, "NetworkTrainer"]):
    """Who infects whom: a network is inferred, and tested by the whole cascades that spread on it."""

    name = "network"
    model_summary = "infers a network"
    model = DiffusionModel
    options = NetworkOptions
    title = "Who is infected?"
    no_prediction_reason = "nobody is left"

    def check(self, model: type[DiffusionModel], options: NetworkOptions) -> None:
        super().check(model, options)
        reason = f"on {model.__name__}"
        require_defaults(options.graph, reason, "social_dim")
        if not model.uses_follow_graph:
            require_defaults(options.graph, f"{reason}, which does not use a follow graph (IndependentCascade does)")

    def prepare(
        self, dataset: CascadeDataset, model: type[DiffusionModel], options: NetworkOptions
    ) -> tuple[CascadeDataset, NetworkOptions]:
        graph = options.graph
        if graph.follow_graph is not None:
            dataset = with_links(graph, dataset)
        return super().prepare(dataset, model, options)

    def without_data_options(self, options: NetworkOptions) -> NetworkOptions:
        return replace(options, graph=FollowGraphOptions())

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

    def trainer(self, options: NetworkOptions, seed: int, progress: bool, **settings: Any) -> NetworkTrainer:
        from graphcascade.trainers import NetworkTrainer  # takes long to import, with lightning

        return NetworkTrainer(seed=seed, progress=progress, **settings)

    def trains_in_epochs(self, model: type[DiffusionModel]) -> bool:
        return False

    def fit(
        self,
        model: DiffusionModel,
        train: CascadeDataset,
        val: CascadeDataset | None,
        trainer: NetworkTrainer,
        resume: bool = False,
    ) -> DiffusionModel:
        return trainer.fit(model, train)

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

    def predict(
        self, model: DiffusionModel, data: CascadeDataset, k: int | None = None, interval: float | None = None
    ) -> pd.DataFrame:
        raise UsageError(
            f"{type(model).__name__} infers a network and predicts no next users; test it on the whole cascades that "
            "spread on its network."
        )
