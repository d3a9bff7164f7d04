from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from graphcascade.data import CascadeDataset, Split, as_dataset
from graphcascade.data.cascades.fingerprints import merge_fingerprints
from graphcascade.data.cascades.part_checks import check_training
from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.segments import segment_steps
from graphcascade.errors import DataError, UsageError
from graphcascade.nn import conditional_mean, conditional_quantile

__all__ = ["PointProcess"]

STATES_PER_CHUNK = 2**14  # states whose means are computed at a time, which bounds the memory


class PointProcess(nn.Module, ABC):
    """Base class of models of the next event's time with a parametric intensity; they are not trained by gradients.

    The first event of a cascade is given. :meth:`mean` and :meth:`median` are conditional on a next event before the
    horizon; :meth:`log_prob` is not conditional.

    Args:
        horizon: Longest interval that is predicted, in the dataset's unit; may be infinite. ``None`` for the longest
            one of the training cascades.

    Raises:
        UsageError: ``horizon`` is not positive.
    """

    config: dict[str, Any]
    """Arguments that construct the same model."""
    split: Split | None = None
    """The part of a split that the model was fitted to, if any."""
    trained_on: Tensor | None = None
    """Fingerprints of the training cascades, ``[N]``, sorted; see :mod:`graphcascade.data.cascades.fingerprints`."""
    time_unit: str | None = None
    """Unit of the training times, if known."""
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
        self.config = {"horizon": horizon}
        self.register_buffer("horizon", torch.tensor(horizon or math.inf, dtype=torch.float64))

    def fit(self, train: CascadeDataset) -> PointProcess:
        """Estimates the parameters by maximum likelihood.

        Args:
            train: Training cascades.

        Returns:
            The model itself.

        Raises:
            UsageError: No cascade has two events, or ``train`` is the test part of a split.
            DataError: The events of each cascade are simultaneous.
        """
        train = as_dataset(train, "train")
        check_training(train)
        table = train.table
        interval = segment_steps(table.time, table.ptr)
        if interval.numel() == 0:
            raise UsageError(f"{train!r} has no cascade of two events, so there is no interval to learn from.")
        if float(interval.max()) <= 0:
            raise DataError(f"{train.name}: the events of each cascade are simultaneous, so intensities are infinite.")
        self.split = train.split
        self.trained_on = merge_fingerprints(None, train.fingerprints)
        self.time_unit = train.time_unit
        if self.config["horizon"] is None:
            self.horizon.copy_(interval.max())
        self._estimate(table, interval)
        return self

    def log_likelihood(self, data: CascadeDataset) -> float:
        """Returns the log-likelihood of all events but the first of each cascade."""
        return float(self.log_prob(data.table.time, data.table.ptr).sum())

    @abstractmethod
    def _estimate(self, table: CascadeTable, interval: Tensor) -> None:
        """Estimates and sets the parameters."""

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

    def _check_fitted(self, rate: Tensor) -> None:
        if bool(rate.isnan()):
            raise UsageError(f"{type(self).__name__} was not fitted yet: call fit first.")
