from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor
from torchmetrics import MeanAbsoluteError

from graphcascade.loader import PostBatch
from graphcascade.models.popularity import WindowModel
from graphcascade.trainers.optimization import Optimization
from graphcascade.trainers.training_module import TrainingModule

__all__ = ["PopularityModule"]


class PopularityModule(TrainingModule):
    """Loss and validation of a model that predicts the popularity of posts: squared and absolute errors.

    Args:
        model: The model.
        optimization: How its weights are optimised.
        run: What decides the numbers of the run, as plain values; checkpoints keep it.
    """

    no_targets = "the {part} posts have no labels."
    model: WindowModel

    def __init__(self, model: WindowModel, optimization: Optimization, run: Mapping[str, Any] | None = None) -> None:
        super().__init__(model, optimization, {"val_mae": MeanAbsoluteError()}, run)

    def loss(self, batch: PostBatch, training: bool) -> tuple[Tensor, int]:
        return self.model.loss(batch), batch.num_targets

    def measure(self, batch: PostBatch) -> None:
        found, expected = self.model(batch)[batch.is_target].float(), batch.y[batch.is_target]
        for metric in self.validation_metrics.values():
            metric.update(found.cpu(), expected.cpu())
