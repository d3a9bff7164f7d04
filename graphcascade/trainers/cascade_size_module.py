from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.models.cascade_size import EncodedSizeModel
from graphcascade.trainers.optimization import Optimization
from graphcascade.trainers.training_module import TrainingModule

__all__ = ["CascadeSizeModule"]


class CascadeSizeModule(TrainingModule):
    """Loss of a neural model of the final size: the mean squared error of the binary logarithm of the growth.

    Args:
        model: The model.
        optimization: How its weights are optimised.
        run: What decides the numbers of the run, as plain values; checkpoints keep it.
    """

    no_targets = "there are no {part} cascades."
    model: EncodedSizeModel

    def __init__(
        self, model: EncodedSizeModel, optimization: Optimization, run: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(model, optimization, {}, run)

    def loss(self, batch: Data, training: bool) -> tuple[Tensor, int]:
        y = self.model(batch)
        target = torch.log2(1 + batch.growth.double()).to(y.dtype)
        return (y - target).square().sum(), y.numel()

    def measure(self, batch: Data) -> None:
        """Does nothing: the loss is what is measured."""
