from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.models.cascade_size.fitted_size_model import FittedSizeModel
from graphcascade.models.registry import MODELS

__all__ = ["MeanCascadeSize"]


@MODELS.register("MeanCascadeSize")
class MeanCascadeSize(FittedSizeModel):
    """Predicts the mean logarithmic growth of the training cascades for all: a floor.

    Args:
        num_users: Number of users.
        observe: Length of the window in time; see :class:`~graphcascade.data.ObservationWindow`.
        observe_events: Length of the window in events.
    """

    mean: Tensor
    """Mean of log2(1 + growth), a scalar float64."""

    def __init__(self, num_users: int, observe: str | None = None, observe_events: int | None = None) -> None:
        super().__init__(num_users, observe, observe_events)
        self.register_buffer("mean", torch.tensor(torch.nan, dtype=torch.float64))

    def _fit_growth(self, observed: CascadeDataset, y: Tensor) -> None:
        self.mean = y.mean()

    def predict(self, observed: CascadeDataset) -> Tensor:
        return self.mean.expand(len(observed))
