from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from graphcascade.data.segments import segment_steps
from graphcascade.data.table import CascadeTable
from graphcascade.models.point_process.point_process import PointProcess

__all__ = ["PoissonProcess"]


class PoissonProcess(PointProcess):
    r"""Events at a constant rate: a baseline of next-time prediction.

    A baseline of `"Cascade Dynamics Modeling with Attention-based Recurrent Neural Network"
    <https://doi.org/10.24963/ijcai.2017/416>`_ (CYAN-RNN), Section 4.1:

    .. math::
        \lambda(t) = \lambda_0, \qquad \hat\lambda_0 = \frac{\text{number of intervals}}{\text{their sum}}

    Args:
        horizon: Longest interval that counts, in the dataset's unit; may be infinite. ``None``: the longest one of the
            training cascades.

    Raises:
        UsageError: A ``horizon`` that is not positive.

    Deviations from the paper: it does not say from which time on, nor until when, a cascade is observed; here from
    its first event to its last.
    """

    rate: Tensor
    """Events in a unit of time."""

    def __init__(self, horizon: float | None = None) -> None:
        super().__init__(horizon)
        self.register_buffer("rate", torch.tensor(math.nan, dtype=torch.float64))

    def _estimate(self, table: CascadeTable, interval: Tensor) -> None:
        self.rate.copy_(1 / interval.mean())

    def log_prob(self, time: Tensor, ptr: Tensor) -> Tensor:
        self._check_fitted(self.rate)
        return self.rate.log() - self.rate * segment_steps(time, ptr)

    def mean(self, time: Tensor, ptr: Tensor) -> Tensor:
        return super().mean(time[:1], ptr).expand(time.shape)

    def _rows(self, time: Tensor, ptr: Tensor) -> Tensor:
        self._check_fitted(self.rate)
        return self.rate.expand(time.shape)

    def _inverse(self, rows: Tensor) -> tuple[Callable[[Tensor], Tensor], Tensor]:
        return lambda y: y / rows[:, None], rows * self.horizon

    def extra_repr(self) -> str:
        return f"rate={float(self.rate):g}, horizon={float(self.horizon):g}"
