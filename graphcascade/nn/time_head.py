from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

__all__ = ["TimeHead"]


class TimeHead(nn.Module, ABC):
    """Distribution of the time until the next event, given an encoding of the events so far.

    All methods take ``x`` ``[R, r]``, rows of ``Encoding.time``, and give or take times in the dataset's unit.
    """

    def prepare(self, interval: Tensor) -> None:
        """Takes from the training intervals ``[R]`` what does not come from gradients; nothing, by default."""

    @abstractmethod
    def log_prob(self, x: Tensor, interval: Tensor) -> Tensor:
        """Log-density of the intervals ``[R]`` (float64, >= 0), ``[R]``."""

    @abstractmethod
    def mean(self, x: Tensor) -> Tensor:
        """Expected interval, ``[R]``."""

    @abstractmethod
    def median(self, x: Tensor) -> Tensor:
        """Median interval, ``[R]``."""

    @abstractmethod
    def sample(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """One drawn interval a row, ``[R]``."""
