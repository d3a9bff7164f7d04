"""Distributions of the delay of a transmission from one user to another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

import torch
from torch import Tensor

__all__ = ["DELAYS", "DelayFamily", "Delays"]

Delays = Literal["exponential", "rayleigh", "power_law", "discrete"]

MIN_POWER_LAW_DELAY = 1.0


class DelayFamily(ABC):
    r"""Distribution of the delay of a transmission along an edge, whose parameter is the weight of the edge.

    The continuous families are those of `"Uncovering the Temporal Dynamics of Diffusion Networks"
    <https://arxiv.org/abs/1105.0697>`_ (Gomez-Rodriguez et al., 2011), Table 1. The weight is a rate
    :math:`\alpha \ge 0`, where 0 means that the edge never transmits.

    All functions are elementwise with broadcasting, differentiable in the weight, and meant for float64.
    """

    weight_is: str = "rate"
    max_weight: float = float("inf")

    @abstractmethod
    def inverse_survival(self, survival: Tensor, weight: Tensor) -> Tensor:
        """Delay that is exceeded with probability ``survival``, in (0, 1); infinite if there is no transmission.

        With a uniform random number as ``survival``, the result is a random delay.
        """

    @abstractmethod
    def log_survival(self, delay: Tensor, weight: Tensor) -> Tensor:
        """Log of the probability that the transmission takes longer than ``delay``, which is finite and >= 0."""

    @abstractmethod
    def log_hazard(self, delay: Tensor, weight: Tensor) -> Tensor:
        """Log of the rate of transmission at ``delay``, given that it has not happened before."""

    def rescale(self, weight: Tensor, factor: float) -> Tensor:
        """Weight for delays that are ``factor`` times as long, such as in a shorter unit of time."""
        return weight

    def arrival(self, start: Tensor, uniform: Tensor, weight: Tensor) -> Tensor:
        """Arrival of a transmission that begins at ``start``; arrivals at a user have no ties."""
        return start + self.inverse_survival(uniform, weight)

    def time(self, arrival: Tensor) -> Tensor:
        """Time of infection for an :meth:`arrival`."""
        return arrival


class Exponential(DelayFamily):
    r"""Density :math:`\alpha e^{-\alpha d}`."""

    def rescale(self, weight: Tensor, factor: float) -> Tensor:
        return weight / factor

    def inverse_survival(self, survival: Tensor, weight: Tensor) -> Tensor:
        return -survival.log() / weight

    def log_survival(self, delay: Tensor, weight: Tensor) -> Tensor:
        return -weight * delay

    def log_hazard(self, delay: Tensor, weight: Tensor) -> Tensor:
        return weight.log().expand_as(weight * delay)


class Rayleigh(DelayFamily):
    r"""Density :math:`\alpha d e^{-\alpha d^2 / 2}`; the scale is :math:`\sigma = \alpha^{-1/2}`."""

    def rescale(self, weight: Tensor, factor: float) -> Tensor:
        return weight / factor**2

    def inverse_survival(self, survival: Tensor, weight: Tensor) -> Tensor:
        return (-2 * survival.log() / weight).sqrt()

    def log_survival(self, delay: Tensor, weight: Tensor) -> Tensor:
        return -weight * delay.square() / 2

    def log_hazard(self, delay: Tensor, weight: Tensor) -> Tensor:
        return weight.log() + delay.log()


class PowerLaw(DelayFamily):
    r"""Density :math:`(\alpha / \delta) (d / \delta)^{-1 - \alpha}` for :math:`d > \delta`, with :math:`\delta = 1`."""

    def inverse_survival(self, survival: Tensor, weight: Tensor) -> Tensor:
        return MIN_POWER_LAW_DELAY * (-survival.log() / weight).exp()

    def log_survival(self, delay: Tensor, weight: Tensor) -> Tensor:
        return -weight * (delay / MIN_POWER_LAW_DELAY).clamp(min=1).log()

    def log_hazard(self, delay: Tensor, weight: Tensor) -> Tensor:
        return torch.where(delay > MIN_POWER_LAW_DELAY, weight.log() - delay.log(), float("-inf"))


class Discrete(DelayFamily):
    r"""The independent cascade model: a delay of 1 with probability ``weight``, or no transmission.

    The hazard is the probability of transmission at 1, and 0 elsewhere.
    """

    weight_is = "probability"
    max_weight = 1.0

    def inverse_survival(self, survival: Tensor, weight: Tensor) -> Tensor:
        return torch.where(survival >= 1 - weight, 1.0, float("inf")).to(survival.dtype)

    def log_survival(self, delay: Tensor, weight: Tensor) -> Tensor:
        return torch.where(delay >= 1, torch.log1p(-weight), 0.0)

    def log_hazard(self, delay: Tensor, weight: Tensor) -> Tensor:
        return torch.where(delay == 1, weight.log(), float("-inf"))

    def arrival(self, start: Tensor, uniform: Tensor, weight: Tensor) -> Tensor:
        # Given success, (1 - uniform) / weight is uniform on (0, 1]. Added as a fraction of a time step, it makes each
        # success of the step equally likely to be the first.
        fraction = (1 - uniform) / weight / 2
        return self.time(start) + self.inverse_survival(uniform, weight) + fraction

    def time(self, arrival: Tensor) -> Tensor:
        return arrival.floor()


DELAYS: dict[Delays, DelayFamily] = {
    "exponential": Exponential(),
    "rayleigh": Rayleigh(),
    "power_law": PowerLaw(),
    "discrete": Discrete(),
}
