"""Whether what an experiment should show holds: by intervals over its runs, not by means."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from graphcascade.experiments.experiment import Experiment

__all__ = ["Claim", "check_claims"]

LESS_IS_BETTER = ("RMSE", "MAE")
# Student's t at 0.975, for 1 to 30 degrees of freedom.
QUANTILES = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)

Runs = Mapping[str, npt.NDArray[np.float64]]


class Claim(NamedTuple):
    """Something that should hold.

    Args:
        words: What.
        held: Whether it does; ``None`` if the runs differ too much to say.
    """

    words: str
    held: bool | None


def check_claims(
    experiment: Experiment,
    runs: Mapping[str, Runs],
    published: Mapping[str, Mapping[str, float]],
    chance: Collection[str],
) -> list[Claim]:
    """Each claim of an experiment, on every metric that it speaks of.

    Two rows are compared run by run: with the same network and the same seed. A claim holds if all of the 95 %
    interval of the mean difference agrees with it, and does not hold if nothing of it does. Networks are given: the
    interval is that of other seeds on the same networks.

    Args:
        experiment: The experiment.
        runs: Row, metric, and the figures of the runs, ``[networks, seeds]``; one seed where there is no chance.
        published: Row, metric, and the published value.
        chance: Rows that another seed would change; of a single run of one nothing can be said.
    """
    return [
        found for claim in experiment.claims for found in _check(claim, experiment.metrics, runs, published, chance)
    ]


def _check(
    claim: Mapping[str, Any],
    metrics: list[str],
    runs: Mapping[str, Runs],
    published: Mapping[str, Mapping[str, float]],
    chance: Collection[str],
) -> Iterator[Claim]:
    row, metrics = claim["row"], claim.get("metrics", metrics)
    for other in claim.get("above", []):
        against = _others(other, row, runs, published)
        if against:
            varies = row in chance or other in chance
            states = {one: _above(one, runs[row][one] - against[one], varies) for one in metrics if one in against}
            where = f" on {', '.join(metrics)}" if "metrics" in claim else ""
            yield Claim(f"{row} above {_name(other)}{where}{_details(states)}", _all(states.values()))
    for key, relative in (("within", False), ("within_share", True)):
        if key not in claim:
            continue
        other, limit = claim.get("of", "published"), claim[key]
        against = _others(other, row, runs, published)
        if against:
            varies = row in chance or other in chance
            gaps = {one: _gap(runs[row][one], against[one], relative, varies) for one in metrics if one in against}
            states = {one: _within(mean, half, limit) for one, (mean, half) in gaps.items()}
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
    return {one: np.full((1, 1), value) for one, value in published.get(row, {}).items() if not math.isnan(value)}


def _name(other: str) -> str:
    return "the published figures" if other == "published" else other


def _interval(gap: npt.NDArray[np.float64], varies: bool) -> tuple[float, float]:
    """Mean over networks and seeds, ``[networks, seeds]``, and half the width of its 95 % interval over seeds."""
    networks, seeds = gap.shape
    mean = float(gap.mean())
    if not varies:
        return mean, 0.0
    if seeds < 2:
        return mean, math.inf
    freedom = networks * (seeds - 1)
    quantile = QUANTILES[freedom - 1] if freedom <= len(QUANTILES) else 1.96
    return mean, quantile * math.sqrt(float(gap.var(axis=1, ddof=1).mean()) / gap.size)


def _above(metric: str, gap: npt.NDArray[np.float64], varies: bool) -> bool | None:
    mean, half = _interval(-gap if metric.startswith(LESS_IS_BETTER) else gap, varies)
    return True if mean - half > 0 else False if mean + half <= 0 else None


def _gap(
    own: npt.NDArray[np.float64], other: npt.NDArray[np.float64], relative: bool, varies: bool
) -> tuple[float, float]:
    return _interval((own - other) / other if relative else own - other, varies)


def _within(mean: float, half: float, limit: float) -> bool | None:
    return True if abs(mean) + half <= limit else False if abs(mean) - half > limit else None


def _all(states: Any) -> bool | None:
    found = set(states)
    return False if False in found else None if None in found else True


def _details(states: Mapping[str, bool | None]) -> str:
    """Where it does not hold, and where the runs do not say."""
    said = []
    for state, words in ((False, "not on "), (None, "open on ")):
        named = [one for one, held in states.items() if held is state]
        if named and len(states) > 1:
            said.append(words + ", ".join(named))
    return f" ({'; '.join(said)})" if said else ""
