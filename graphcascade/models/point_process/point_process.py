from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from graphcascade.data import CascadeDataset, Split, as_dataset
from graphcascade.data.fingerprints import merge_fingerprints
from graphcascade.data.part_checks import check_training
from graphcascade.data.segments import segment_steps
from graphcascade.data.table import CascadeTable
from graphcascade.errors import DataError, UsageError
from graphcascade.nn import conditional_mean, conditional_quantile

__all__ = ["PointProcess"]

ROWS = 2**14  # rows whose means are computed at once: bounds the memory


class PointProcess(nn.Module, ABC):
    """When the next event of a cascade comes, by an intensity of few parameters; nothing is trained by gradients.

    The first event of a cascade is given. :meth:`mean` and :meth:`median` are of the next interval given that it ends
    before the horizon; :meth:`log_prob` is not conditional.

    Args:
        horizon: Longest interval that counts, in the dataset's unit; may be infinite. ``None``: the longest one of the
            training cascades.

    Raises:
        UsageError: A ``horizon`` that is not positive.
    """

    config: dict[str, Any]
    """Arguments that make the same model again."""
    split: Split | None = None
    """The part of a split that the model was fitted to, if it was one."""
    trained_on: Tensor | None = None
    """Fingerprints of the training cascades, ``[N]`` int64, sorted; see :mod:`graphcascade.data.fingerprints`."""
    time_unit: str | None = None
    """Unit of the times that the model was fitted to, where it is known."""
    horizon: Tensor

    def __init__(self, horizon: float | None = None) -> None:
        super().__init__()
        if horizon is not None and not horizon > 0:
            raise UsageError(
                f"{type(self).__name__}: horizon={horizon}, must be above 0 (it may be infinite), or None."
            )
        self.config = {"horizon": horizon}
        self.register_buffer("horizon", torch.tensor(horizon or math.inf, dtype=torch.float64))

    def fit(self, train: CascadeDataset) -> PointProcess:
        """Finds the parameters of maximum likelihood; returns the model itself.

        Args:
            train: Training cascades.

        Raises:
            UsageError: No cascade has two events; the test part of a split.
            DataError: All events of each cascade are at one time.
        """
        train = as_dataset(train, "train")
        check_training(train)
        table = train.table
        interval = segment_steps(table.time, table.ptr)
        if interval.numel() == 0:
            raise UsageError(f"{train!r} has no cascade of two events, so there is no interval to learn from.")
        if float(interval.max()) <= 0:
            raise DataError(f"{train.name}: all events of a cascade are at one time, so intensities are infinite.")
        self.split = train.split
        self.trained_on = merge_fingerprints(None, train.fingerprints)
        self.time_unit = train.time_unit
        if self.config["horizon"] is None:
            self.horizon.copy_(interval.max())
        self._estimate(table, interval)
        return self

    def log_likelihood(self, data: CascadeDataset) -> float:
        """Log-likelihood of all events but the first of each cascade."""
        return float(self.log_prob(data.table.time, data.table.ptr).sum())

    @abstractmethod
    def _estimate(self, table: CascadeTable, interval: Tensor) -> None:
        """Sets the parameters."""

    @abstractmethod
    def log_prob(self, time: Tensor, ptr: Tensor) -> Tensor:
        """Log-densities of the intervals between events, given the events before, ``[E - N]`` float64.

        Args:
            time: Times of the events, ``[E]`` float64.
            ptr: Boundaries of the cascades, ``[N + 1]``.
        """

    @abstractmethod
    def _rows(self, time: Tensor, ptr: Tensor) -> Tensor:
        """What the next interval depends on after each event, ``[E]``."""

    @abstractmethod
    def _inverse(self, rows: Tensor) -> tuple[Callable[[Tensor], Tensor], Tensor]:
        """The interval for a cumulative intensity, and the cumulative intensity at the horizon ``[R]``."""

    def mean(self, time: Tensor, ptr: Tensor) -> Tensor:
        """Expected interval from each event to the next one, ``[E]`` float64; arguments as of :meth:`log_prob`."""
        return torch.cat([self._mean(rows) for rows in self._rows(time, ptr).split(ROWS)])

    def median(self, time: Tensor, ptr: Tensor) -> Tensor:
        """Median interval from each event to the next one, ``[E]`` float64; arguments as of :meth:`log_prob`."""
        return conditional_quantile(*self._inverse(self._rows(time, ptr)), 0.5)

    def _mean(self, rows: Tensor) -> Tensor:
        return conditional_mean(*self._inverse(rows))

    def _check_fitted(self, rate: Tensor) -> None:
        if bool(rate.isnan()):
            raise UsageError(f"{type(self).__name__} was not fitted yet: call fit first.")
