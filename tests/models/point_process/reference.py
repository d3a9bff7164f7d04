"""Reference implementations of point processes, in plain loops."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence


def log_densities(times: Sequence[Sequence[float]], rate: float, alpha: float, sigma: float) -> list[float]:
    """Returns the log-density of each interval under Eq. 9, with its integral term by term."""
    result = []
    for cascade in times:
        for k in range(1, len(cascade)):
            now, last = cascade[k], cascade[k - 1]
            intensity = rate + alpha * sum(math.exp(-(now - t) / sigma) for t in cascade[:k])
            area = sum(sigma * (math.exp(-(last - t) / sigma) - math.exp(-(now - t) / sigma)) for t in cascade[:k])
            result.append(math.log(intensity) - rate * (now - last) - alpha * area)
    return result


def simulate_hawkes(rate: float, alpha: float, sigma: float, size: int, draw: random.Random) -> list[float]:
    """Simulates ``size`` events of a Hawkes process, starting at 0, by Ogata's thinning."""
    times = [0.0]
    excited, now = alpha, 0.0  # the excitation just after ``now``
    while len(times) < size:
        bound = rate + excited
        wait = draw.expovariate(bound)
        now += wait
        excited *= math.exp(-wait / sigma)
        if draw.random() * bound < rate + excited:
            times.append(now)
            excited += alpha
    return times
