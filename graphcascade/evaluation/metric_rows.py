"""The rows of :attr:`Result.metrics <graphcascade.evaluation.Result>`: means, standard errors and names."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd
import torch
from torch import Tensor

__all__ = ["MetricRow", "Unit", "display_name", "mean_and_error", "metric_rows", "unit_values"]

Unit = Literal["event", "cascade", "user", "post"]


@dataclass(frozen=True)
class MetricRow:
    """A row of ``Result.metrics``; :class:`~graphcascade.evaluation.Result` describes the columns."""

    metric: str
    answer: str
    horizon: str
    targets: str
    unit: Unit
    value: float
    error: float
    headline: bool


def metric_rows(
    metric: str,
    value: Tensor,
    cascade: Tensor,
    groups: Mapping[str, Tensor],
    units: Sequence[Unit],
    headline: tuple[str, Unit],
    *,
    weight: Tensor | None = None,
    root: bool = False,
    answer: str = "",
    horizon: str = "",
) -> list[MetricRow]:
    """Makes the rows of a metric: one for each group of predictions and each unit of the mean.

    Args:
        metric: Name of the metric, such as "MRR".
        value: The values of the predictions, ``[R]`` float64; see ``weight``.
        cascade: The number of the cascade, or of the user, of each prediction, ``[R]`` int64.
        groups: The predictions of each group, ``[R]`` bool, by its name in the column ``targets``; empty groups are
            left out.
        units: What to average over, a row for each; see :func:`mean_and_error`.
        headline: The column ``targets`` and the unit of the headline metric.
        weight: The weights of the predictions, ``[R]``, by which sums of values are divided; 1 if not given.
        root: Whether the figure is the root of the mean, as for the RMSE.
        answer: The column ``answer``.
        horizon: The column ``horizon``.
    """
    rows = []
    for targets, chosen in groups.items():
        if not bool(chosen.any()):
            continue
        for unit in units:
            chosen_weight = None if weight is None else weight[chosen]
            mean, error = mean_and_error(value[chosen], cascade[chosen], unit, chosen_weight)
            if root:
                mean = math.sqrt(mean)
                error = error / (2 * mean) if mean > 0 else 0.0
            rows.append(MetricRow(metric, answer, horizon, targets, unit, mean, error, headline == (targets, unit)))
    return rows


def mean_and_error(value: Tensor, cascade: Tensor, unit: Unit, weight: Tensor | None = None) -> tuple[float, float]:
    """Mean and standard error over cascades; predictions of one cascade are not independent.

    Args:
        value: The values, ``[R]`` float64.
        cascade: The number of the cascade of each value, ``[R]`` int64.
        unit: "event" divides the sum of all values by the sum of all weights; "cascade" does so for each cascade and
            takes the mean of the quotients; "user" has one value for each user.
        weight: The weights, ``[R]``; 1 if not given.

    Returns:
        The mean and its standard error, which is NaN for a single cascade.
    """
    _, number = torch.unique(cascade, return_inverse=True)
    total = torch.bincount(number, weights=value)
    count = torch.bincount(number, weights=weight).double()
    if unit == "cascade":
        total, count = total / count, torch.ones_like(count)
    cascades = count.numel()
    mean = total.sum() / count.sum()
    if cascades < 2:
        return float(mean), math.nan
    residual = total - mean * count
    error = (residual.square().sum() * cascades / (cascades - 1)).sqrt() / count.sum()
    return float(mean), float(error)


def unit_values(values: Mapping[str, Tensor], number: Tensor, unit: Unit) -> pd.DataFrame:
    """Makes :attr:`Result.unit_values <graphcascade.evaluation.Result>` from the values of predictions.

    Args:
        values: The values of the predictions by metric, each ``[R]``.
        number: The number of the cascade, or of the user, of each prediction, ``[R]`` int64.
        unit: What the headline figures average over: "event" and "post" weigh a cascade or user by its number of
            predictions; with the others all weigh the same.

    Returns:
        A row for each number that occurs: ``weight``, and the mean of each metric.
    """
    units, place = torch.unique(number, return_inverse=True)
    count = torch.bincount(place).double()
    weight = count if unit in ("event", "post") else torch.ones_like(count)
    means = {name: torch.bincount(place, weights=value.double()) / count for name, value in values.items()}
    columns = {"weight": weight} | means
    return pd.DataFrame({name: value.numpy() for name, value in columns.items()}, index=units.numpy())


def display_name(metric: str, answer: str = "", horizon: str = "") -> str:
    """The name of a figure in tables.

    >>> display_name("Macro-F1", "set", "early")
    'Macro-F1, early, set'
    >>> display_name("Macro-F1", "sampled", "full")
    'Macro-F1, sampled'
    >>> display_name("RMSE", "median")
    'RMSE of the median'
    >>> display_name("MRR")
    'MRR'
    """
    if answer in ("mean", "median"):
        return f"{metric} of the {answer}"
    return ", ".join(part for part in (metric, horizon if horizon != "full" else "", answer) if part)
