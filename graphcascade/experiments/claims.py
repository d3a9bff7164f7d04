"""Checks the claims of an experiment by confidence intervals over its runs."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from graphcascade.experiments.experiment import Experiment
from graphcascade.number_text import format_number

__all__ = ["Claim", "check_claims", "quantile"]

LESS_IS_BETTER = ("RMSE", "MAE", "MSLE", "Median relative error", "rate error")
# Student's t at 0.975, for 1 to 30 degrees of freedom.
QUANTILES = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
# Test cascades of a random split, 80/10/10, for one training cascade.
TEST_SHARE = 0.1 / 0.8

Runs = Mapping[str, npt.NDArray[np.float64]]


class Claim(NamedTuple):
    """A claim of an experiment.

    Args:
        words: The claim, in words.
        supported: Whether the runs support the claim; ``None`` if they differ too much to decide.
    """

    words: str
    supported: bool | None


def check_claims(
    experiment: Experiment,
    runs: Mapping[str, Runs],
    published: Mapping[str, Mapping[str, float]],
    seeded: Collection[str],
) -> list[Claim]:
    """Checks each claim of an experiment on all its metrics that were measured, and leaves it out if none was.

    Two rows are compared in pairs of runs with the same network and the same seed. A claim is supported if the
    whole 95 % interval of the mean difference agrees with it, not supported if the whole interval disagrees, and
    inconclusive otherwise. The interval is for other seeds on the same networks. If each seed makes its own split, the
    training cascades of two runs overlap, so the variance of the mean is that of Nadeau and Bengio (Inference for the
    generalization error, 2003): (1 / runs + test / train) times that of the runs.

    Args:
        experiment: The experiment.
        runs: Row, metric, and the figures of the runs, ``[networks, seeds]``; one seed for rows without randomness.
        published: Row, metric, and the published value.
        seeded: Rows that depend on the seed; a single run of such a row decides nothing.
    """
    shared = TEST_SHARE if experiment.split == "random" else 0.0
    return [
        checked
        for claim in experiment.claims
        for checked in _check(claim, experiment.metrics, runs, published, seeded, shared)
    ]


def _check(
    claim: Mapping[str, Any],
    metrics: list[str],
    runs: Mapping[str, Runs],
    published: Mapping[str, Mapping[str, float]],
    seeded: Collection[str],
    shared: float,
) -> Iterator[Claim]:
    row, metrics = claim["row"], claim.get("metrics", metrics)
    for other in claim.get("better_than", []):
        against = _others(other, row, runs, published)
        if against:
            varies = row in seeded or other in seeded
            gaps = {
                metric: _interval(runs[row][metric] - against[metric], varies, shared)
                for metric in metrics
                if metric in against and metric in runs[row]
            }
            if not gaps:
                continue
            margin = claim.get("margin", 0.0)
            states = {metric: _better(metric, mean, half, margin) for metric, (mean, half) in gaps.items()}
            differences = "; ".join(_difference(metric, *gap, states[metric]) for metric, gap in gaps.items())
            least = f"at least {margin:g} " if margin else ""
            yield Claim(f"{row} {least}better than {_name(other)}: {differences}", _all(states.values()))
    for key, relative in (("within", False), ("within_share", True)):
        if key not in claim:
            continue
        other, limit = claim.get("of", "published"), claim[key]
        against = _others(other, row, runs, published)
        if against:
            varies = row in seeded or other in seeded
            gaps = {}
            for metric in metrics:
                if metric in against and metric in runs[row]:
                    gap = runs[row][metric] - against[metric]
                    gaps[metric] = _interval(gap / against[metric] if relative else gap, varies, shared)
            if not gaps:
                continue
            states = {metric: _within(mean, half, limit) for metric, (mean, half) in gaps.items()}
            largest = max(abs(mean) for mean, _ in gaps.values())
            words = [f"{limit:.0%}", f"{largest:.1%}"] if relative else [f"{limit:g}", f"{largest:.3f}"]
            where = f" on {', '.join(metrics)}" if "metrics" in claim else ""
            text = f"{row} within {words[0]} of {_name(other)}{where} (largest difference {words[1]})"
            yield Claim(text, _all(states.values()))


def _others(
    other: str, row: str, runs: Mapping[str, Runs], published: Mapping[str, Mapping[str, float]]
) -> dict[str, npt.NDArray[np.float64]]:
    if other != "published":
        return dict(runs[other])
    return {metric: np.full((1, 1), value) for metric, value in published.get(row, {}).items() if not math.isnan(value)}


def _name(other: str) -> str:
    return "the published figures" if other == "published" else other


def _interval(gap: npt.NDArray[np.float64], varies: bool, shared: float) -> tuple[float, float]:
    """Mean over networks and seeds, ``[networks, seeds]``, and half the width of its 95 % interval over seeds."""
    networks, seeds = gap.shape
    gap = gap.round(12)  # ignores rounding errors between equal runs
    mean = float(gap.mean())
    if not varies:
        return mean, 0.0
    if seeds < 2:
        return mean, math.inf
    freedom = networks * (seeds - 1)
    return mean, quantile(freedom) * math.sqrt(float(gap.var(axis=1, ddof=1).mean()) * (1 / gap.size + shared))


def quantile(freedom: int) -> float:
    """Quantile 0.975 of Student's t; above 30 degrees of freedom, the first terms of its expansion."""
    return QUANTILES[freedom - 1] if freedom <= len(QUANTILES) else 1.96 + 2.372 / freedom + 2.82 / freedom**2


def _better(metric: str, mean: float, half: float, margin: float) -> bool | None:
    mean = (-mean if metric.startswith(LESS_IS_BETTER) else mean) - margin
    return True if mean - half > 0 else False if mean + half <= 0 else None


def _difference(metric: str, mean: float, half: float, supported: bool | None) -> str:
    """Formats a mean difference with its interval, and marks it if it does not support the claim or is inconclusive."""
    text = f"{metric} {mean:+.3g}"
    if 1e-9 * abs(mean) < half < math.inf:
        digits = max(0, 1 - math.floor(math.log10(half)))
        text = f"{metric} {format_number(mean, f'+.{digits}f')} ± {half:.{digits}f}"
    return text + {True: "", False: " (not supported)", None: " (inconclusive)"}[supported]


def _within(mean: float, half: float, limit: float) -> bool | None:
    return True if abs(mean) + half <= limit else False if abs(mean) - half > limit else None


def _all(states: Any) -> bool | None:
    values = set(states)
    return False if False in values else None if None in values else True
