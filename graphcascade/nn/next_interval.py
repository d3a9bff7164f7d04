"""Mean and quantiles of the time until the next event, from its cumulative intensity.

The cumulative intensity of the next interval, :math:`y = \\Lambda(s)`, is exponential with rate 1 whatever the
intensity is; given an event before the horizon, it is one that is cut off at :math:`\\Lambda(\\text{horizon})`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

__all__ = ["MAX_CUMULATIVE_INTENSITY", "conditional_mean", "conditional_quantile", "quadrature_rule"]

POINTS = 64
MAX_CUMULATIVE_INTENSITY = 40.0  # exp(-40) is negligible in float64


@lru_cache
def quadrature_rule() -> tuple[Tensor, Tensor]:
    """Points in (0, 1) and weights: Gauss-Legendre, drawn to both ends, where a function may be steep."""
    node, weight = np.polynomial.legendre.leggauss(POINTS)
    x = (node + 1) / 2
    point = x**3 * (10 - 15 * x + 6 * x**2)
    return torch.from_numpy(point), torch.from_numpy(weight * 15 * x**2 * (1 - x) ** 2)


def conditional_mean(inverse: Callable[[Tensor], Tensor], total: Tensor) -> Tensor:
    """Expected interval, given that it ends before the horizon.

    Args:
        inverse: Interval after which the cumulative intensity is ``y``, ``[R, n] -> [R, n]``, of each row's own.
        total: Cumulative intensity at the horizon, ``[R]`` float64 > 0; may be infinite.

    Returns:
        ``[R]`` float64.
    """
    point, weight = (part.to(total.device) for part in quadrature_rule())
    y = total.clamp(max=MAX_CUMULATIVE_INTENSITY)[:, None] * point
    weight = weight * torch.exp(-y)
    return (weight * inverse(y)).sum(1) / weight.sum(1)


def conditional_quantile(inverse: Callable[[Tensor], Tensor], total: Tensor, share: Tensor | float) -> Tensor:
    """Interval that ends earlier with the probability ``share``, given that it ends before the horizon.

    Args:
        inverse: Interval after which the cumulative intensity is ``y``, ``[R, n] -> [R, n]``, of each row's own.
        total: Cumulative intensity at the horizon, ``[R]`` float64 > 0; may be infinite.
        share: Probability in [0, 1), a number or ``[R]``; one half is the median, random ones are a sample.

    Returns:
        ``[R]`` float64.
    """
    y = -torch.log1p(share * torch.expm1(-total))
    return inverse(y[:, None]).squeeze(1)
