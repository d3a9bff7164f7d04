from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

__all__ = ["TimeHead"]


class TimeHead(nn.Module, ABC):
    """Distribution of the time until the next event, given an encoding of the events so far.

    All methods take rows ``x`` of ``Encoding.time``, ``[R, r]``; times are in the dataset's unit.
    """

    def prepare(self, interval: Tensor) -> None:
        """Sets values that gradients do not train from the training intervals ``[R]``; does nothing by default."""

    @abstractmethod
    def log_prob(self, x: Tensor, interval: Tensor) -> Tensor:
        """Returns the log-density of the intervals ``[R]`` (float64, >= 0), ``[R]``."""

    @abstractmethod
    def mean(self, x: Tensor, elapsed: Tensor | None = None) -> Tensor:
        """Returns the expected interval, ``[R]``.

        Args:
            x: Rows, ``[R, r]``.
            elapsed: Time that has passed since the last event without another one, ``[R]`` float64 >= 0. The
                expectation is then conditional on a longer interval: it is the whole interval, and at least
                ``elapsed``. NaN where no event can follow any more.
        """

    @abstractmethod
    def median(self, x: Tensor, elapsed: Tensor | None = None) -> Tensor:
        """Returns the median interval, ``[R]``; ``elapsed`` as for :meth:`mean`."""

    @abstractmethod
    def sample(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Draws one interval for each row, ``[R]``."""
