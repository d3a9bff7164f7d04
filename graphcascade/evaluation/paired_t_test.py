from __future__ import annotations

import math

from torch import Tensor

__all__ = ["paired_t_test", "student_quantile"]

MAX_TERMS = 10_000
PRECISION = 1e-15


def paired_t_test(first: Tensor, second: Tensor) -> tuple[float, float]:
    """Student's t-test of the mean difference of pairs.

    Args:
        first: Values, ``[N]``.
        second: Values to subtract, ``[N]``.

    Returns:
        The statistic t and the two-sided p; both are NaN for fewer than two pairs or if all differences are 0.
    """
    difference = (first - second).double()
    count = difference.numel()
    if count < 2:
        return math.nan, math.nan
    mean, error = float(difference.mean()), float(difference.std()) / math.sqrt(count)
    if error == 0:
        return (math.nan, math.nan) if mean == 0 else (math.copysign(math.inf, mean), 0.0)
    t = mean / error
    return t, _two_sided(t, count - 1)


def student_quantile(probability: float, freedom: int) -> float:
    """Returns the quantile of Student's t-distribution for a probability above one half, by bisection.

    >>> round(student_quantile(0.975, 9), 3)
    2.262
    """
    tail, low, high = 2 * (1 - probability), 0.0, 1.0
    while _two_sided(high, freedom) > tail:
        high *= 2
    while high - low > PRECISION * high:
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if _two_sided(middle, freedom) > tail else (low, middle)
    return high


def _two_sided(t: float, freedom: int) -> float:
    """The probability of a larger absolute value of Student's t, by the regularized incomplete beta function."""
    x = freedom / (freedom + t * t)
    a, b = freedom / 2, 0.5
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(b, a, t * t / (freedom + t * t), x)
    return _incomplete_beta(a, b, x, t * t / (freedom + t * t))


def _incomplete_beta(a: float, b: float, x: float, rest: float) -> float:
    """The regularized incomplete beta function at ``x``, where ``rest`` is 1 - x, by its continued fraction.

    `DLMF, 8.17.22 <https://dlmf.nist.gov/8.17>`_, evaluated with Lentz's method.
    """
    if x == 0:
        return 0.0
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest) - math.log(a)
    )
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, MAX_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d, c = 1 / (1 + term * d), 1 + term / c
            value *= c * d
        if abs(c * d - 1) < PRECISION:
            break
    return front * value
