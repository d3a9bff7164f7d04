"""Attempts of independent cascade models as delay families, whose exposure is the number of attempts."""

from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.simulate.delays import DelayFamily

__all__ = ["ANY_DELAY", "NEXT_STEP"]


class _AnyDelay(DelayFamily):
    """A family in which the delay has no effect, so that the exposure is the number of attempts."""

    def inverse_survival(self, survival: Tensor, weight: Tensor) -> Tensor:
        raise NotImplementedError

    def log_survival(self, delay: Tensor, weight: Tensor) -> Tensor:
        return -torch.ones_like(delay)

    def log_hazard(self, delay: Tensor, weight: Tensor) -> Tensor:
        return torch.zeros_like(delay)


class _NextStep(_AnyDelay):
    """A family in which an attempt succeeds or fails one step of time after the infection."""

    def log_survival(self, delay: Tensor, weight: Tensor) -> Tensor:
        return -(delay >= 1).to(delay.dtype)

    def log_hazard(self, delay: Tensor, weight: Tensor) -> Tensor:
        return torch.where(delay == 1, 0.0, -torch.inf).to(delay.dtype)


ANY_DELAY = _AnyDelay()
NEXT_STEP = _NextStep()
