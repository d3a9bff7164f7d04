"""Mean and quantiles of the time until the next event, from its cumulative intensity.

The cumulative intensity of the next interval, :math:`y = \\Lambda(s)`, is exponentially distributed with rate 1 for any
intensity. Given an event before the horizon, this distribution is truncated at :math:`\\Lambda(\\text{horizon})`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

__all__ = ["MAX_CUMULATIVE_INTENSITY", "conditional_mean", "conditional_quantile", "quadrature_rule"]

NUM_POINTS = 64
MAX_CUMULATIVE_INTENSITY = 40.0  # exp(-40) is negligible in float64


@lru_cache
def quadrature_rule() -> tuple[Tensor, Tensor]:
    """Returns points in (0, 1) and weights of a Gauss-Legendre rule that is denser towards both ends."""
    node, weight = np.polynomial.legendre.leggauss(NUM_POINTS)
    x = (node + 1) / 2
    point = x**3 * (10 - 15 * x + 6 * x**2)
    return torch.from_numpy(point), torch.from_numpy(weight * 15 * x**2 * (1 - x) ** 2)


def conditional_mean(inverse: Callable[[Tensor], Tensor], total: Tensor) -> Tensor:
    """Returns the expected interval, given that it ends before the horizon.

    Args:
        inverse: Maps a cumulative intensity ``y`` of each row to the interval, ``[R, n] -> [R, n]``.
        total: Cumulative intensity at the horizon, ``[R]`` float64 > 0; may be infinite.

    Returns:
        ``[R]`` float64.
    """
    point, weight = (part.to(total.device) for part in quadrature_rule())
    y = total.clamp(max=MAX_CUMULATIVE_INTENSITY)[:, None] * point
    weight = weight * torch.exp(-y)
    return (weight * inverse(y)).sum(1) / weight.sum(1)


def conditional_quantile(inverse: Callable[[Tensor], Tensor], total: Tensor, probability: Tensor | float) -> Tensor:
    """Returns a quantile of the interval, given that it ends before the horizon.

    Args:
        inverse: Maps a cumulative intensity ``y`` of each row to the interval, ``[R, n] -> [R, n]``.
        total: Cumulative intensity at the horizon, ``[R]`` float64 > 0; may be infinite.
        probability: Probability in [0, 1) that the interval is shorter, a number or ``[R]``; 0.5 gives the median, and
            uniform random numbers give a sample.

    Returns:
        ``[R]`` float64.
    """
    y = -torch.log1p(probability * torch.expm1(-total))
    return inverse(y[:, None]).squeeze(1)
