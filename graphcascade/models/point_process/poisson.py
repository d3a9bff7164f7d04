from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.segments import segment_steps
from graphcascade.models.point_process.point_process import PointProcess

__all__ = ["PoissonProcess"]


class PoissonProcess(PointProcess):
    r"""Poisson process, whose events have a constant rate: a baseline of next-time prediction.

    See `"Cascade Dynamics Modeling with Attention-based Recurrent Neural Network"
    <https://doi.org/10.24963/ijcai.2017/416>`_ (CYAN-RNN), Section 4.1:

    .. math::
        \lambda(t) = \lambda_0, \qquad \hat\lambda_0 = \frac{\text{number of intervals}}{\text{their sum}}

    Args:
        horizon: Longest interval that is predicted, in the dataset's unit; may be infinite. ``None`` for the longest
            one of the training cascades.

    Raises:
        UsageError: ``horizon`` is not positive.

    Deviations from the paper: it does not say when the observation of a cascade starts and ends; here it is from the
    first event to the last.
    """

    rate: Tensor
    """Events per unit of time."""

    def __init__(self, horizon: float | None = None) -> None:
        super().__init__(horizon)
        self.register_buffer("rate", torch.tensor(math.nan, dtype=torch.float64))

    def _estimate(self, table: CascadeTable, interval: Tensor) -> None:
        self.rate.copy_(1 / interval.mean())

    def log_prob(self, time: Tensor, ptr: Tensor) -> Tensor:
        self.require_trained()
        return self.rate.log() - self.rate * segment_steps(time, ptr)

    def mean(self, time: Tensor, ptr: Tensor) -> Tensor:
        return super().mean(time[:1], ptr).expand(time.shape)

    def _state(self, time: Tensor, ptr: Tensor) -> Tensor:
        self.require_trained()
        return self.rate.expand(time.shape)

    def _inverse(self, state: Tensor) -> tuple[Callable[[Tensor], Tensor], Tensor]:
        return lambda y: y / state[:, None], state * self.horizon

    def extra_repr(self) -> str:
        return f"rate={float(self.rate):g}, horizon={float(self.horizon):g}"
