"""How long it takes from one user to the next."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

import torch
from torch import Tensor

__all__ = ["DELAYS", "DelayFamily", "Delays"]

Delays = Literal["exponential", "rayleigh", "power_law", "discrete"]

MIN_POWER_LAW_DELAY = 1.0


class DelayFamily(ABC):
    r"""Distribution of the delay of a transmission, with one parameter an edge: its weight.

    The continuous families are those of `"Uncovering the Temporal Dynamics of Diffusion Networks"
    <https://arxiv.org/abs/1105.0697>`_ (Gomez-Rodriguez et al., 2011), Table 1. The weight is a rate
    :math:`\alpha \ge 0`, where 0 means never.

    All functions are elementwise over tensors that broadcast, differentiable in the weight, and meant for float64.
    """

    weight_is: str = "rate"
    max_weight: float = float("inf")

    @abstractmethod
    def inverse_survival(self, survival: Tensor, weight: Tensor) -> Tensor:
        """Delay that is exceeded with the probability ``survival``, in (0, 1); infinite for never.

        A uniform random number in place of ``survival`` gives a random delay.
        """

    @abstractmethod
    def log_survival(self, delay: Tensor, weight: Tensor) -> Tensor:
        """Log of the probability that the transmission takes longer than ``delay``, which is finite and >= 0."""

    @abstractmethod
    def log_hazard(self, delay: Tensor, weight: Tensor) -> Tensor:
        """Log of the rate of transmission at ``delay``, given that it has not happened before."""

    def rescale(self, weight: Tensor, factor: float) -> Tensor:
        """The weight with which all delays are ``factor`` times as long, such as in a unit of time that is shorter."""
        return weight

    def arrival(self, start: Tensor, uniform: Tensor, weight: Tensor) -> Tensor:
        """When what leaves at ``start`` arrives; arrivals at one user have an order without ties."""
        return start + self.inverse_survival(uniform, weight)

    def time(self, arrival: Tensor) -> Tensor:
        """Time of infection that an :meth:`arrival` stands for."""
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
    r"""The independent cascade model: a delay of 1 with the probability ``weight``, else never.

    The hazard is a probability here: that of transmission at 1 (it is 0 elsewhere).
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
        # Given success, (1 - uniform) / weight is uniform on (0, 1]: as a fraction of the time it makes each of the
        # successes of one step equally likely to be the first.
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
