from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.segments import segment_steps
from graphcascade.errors import DataError, UsageError
from graphcascade.models.fittable_model import FittableModel
from graphcascade.nn import conditional_mean, conditional_quantile

__all__ = ["PointProcess"]

STATES_PER_CHUNK = 2**14  # states whose means are computed at a time, which bounds the memory


class PointProcess(FittableModel):
    """Base class of models of the next event's time with a parametric intensity; they are not trained by gradients.

    :meth:`fit` estimates the parameters by maximum likelihood. The first event of a cascade is given. :meth:`mean` and
    :meth:`median` are conditional on a next event before the horizon; :meth:`log_prob` is not conditional.

    Args:
        horizon: Longest interval that is predicted, in the dataset's unit; may be infinite. ``None`` for the longest
            one of the training cascades.

    Raises:
        UsageError: ``horizon`` is not positive.
    """

    horizon: Tensor

    def __init__(self, horizon: float | None = None) -> None:
        super().__init__()
        if horizon is not None and not horizon > 0:
            raise UsageError(
                owner=type(self).__name__,
                argument="horizon",
                value=horizon,
                reason="must be above 0 (it may be infinite), or None",
            )
        self.register_buffer("seen", torch.empty(0, dtype=torch.bool), persistent=False)
        self.register_buffer("horizon", torch.tensor(horizon or math.inf, dtype=torch.float64))

    @property
    def predicts_intervals(self) -> bool:
        return True

    def _fit(self, train: CascadeDataset) -> None:
        table = train.table
        interval = segment_steps(table.time, table.ptr)
        if interval.numel() == 0:
            raise UsageError(f"{train!r} has no cascade of two events, so there is no interval to learn from.")
        if float(interval.max()) <= 0:
            raise DataError(f"{train.name}: the events of each cascade are simultaneous, so intensities are infinite.")
        if self.config["horizon"] is None:
            self.horizon.copy_(interval.max())
        self._estimate(table, interval)

    def _is_trained(self) -> bool:
        return not any(bool(parameter.isnan().any()) for parameter in self.buffers())

    @property
    def longest_interval(self) -> float:
        return float(self.horizon)

    def log_likelihood(self, data: CascadeDataset) -> float:
        """Returns the log-likelihood of all events but the first of each cascade."""
        return float(self.log_prob(data.table.time, data.table.ptr).sum())

    @abstractmethod
    def _estimate(self, table: CascadeTable, interval: Tensor) -> None:
        """Estimates and sets the parameters: buffers, which are NaN before."""

    @abstractmethod
    def log_prob(self, time: Tensor, ptr: Tensor) -> Tensor:
        """Returns the log-densities of the intervals between events, given the events before, ``[E - N]`` float64.

        Args:
            time: Times of the events, ``[E]`` float64.
            ptr: Boundaries of the cascades, ``[N + 1]``.
        """

    @abstractmethod
    def _state(self, time: Tensor, ptr: Tensor) -> Tensor:
        """Returns the state after each event, which determines the distribution of the next interval, ``[E]``."""

    @abstractmethod
    def _inverse(self, state: Tensor) -> tuple[Callable[[Tensor], Tensor], Tensor]:
        """Returns the inverse of the cumulative intensity, and its value at the horizon ``[R]``."""

    def mean(self, time: Tensor, ptr: Tensor) -> Tensor:
        """Returns the expected interval after each event, ``[E]`` float64; arguments as in :meth:`log_prob`."""
        return torch.cat([self._mean(chunk) for chunk in self._state(time, ptr).split(STATES_PER_CHUNK)])

    def median(self, time: Tensor, ptr: Tensor) -> Tensor:
        """Returns the median interval after each event, ``[E]`` float64; arguments as in :meth:`log_prob`."""
        return conditional_quantile(*self._inverse(self._state(time, ptr)), 0.5)

    def _mean(self, state: Tensor) -> Tensor:
        return conditional_mean(*self._inverse(state))
