from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import stdev

import numpy as np
import numpy.typing as npt
import torch

from graphcascade.errors import UsageError
from graphcascade.evaluation.compare import compare_results
from graphcascade.evaluation.metric_rows import mean_and_error
from graphcascade.evaluation.paired_t_test import student_quantile
from graphcascade.evaluation.result import Result

__all__ = ["PairedDifference", "mean_figure", "paired_difference"]


@dataclass(frozen=True)
class PairedDifference:
    """The difference between the figures of two models, or a single figure, with an interval.

    Args:
        value: The difference: the first model's figure minus the second's.
        error: Its standard error; NaN if there is a single cascade or user.
        lower: Lower end of the interval; NaN if there is no standard error.
        upper: Upper end.
        units: Number of the cascades, users or other units that the error is over.
    """

    value: float
    error: float
    lower: float
    upper: float
    units: int

    @property
    def sign(self) -> int:
        """1 or -1 if the whole interval is above or below 0, and 0 if it is not, or if there is no interval."""
        if math.isnan(self.lower) or self.lower <= 0 <= self.upper:
            return 0
        return 1 if self.lower > 0 else -1


def paired_difference(
    results: Sequence[Result], others: Sequence[Result], metric: str, confidence: float = 0.95
) -> PairedDifference:
    r"""Compares two models on the same test data, cascade by cascade or user by user.

    A cascade that is hard for one model is hard for the other too. The difference within each cascade leaves this out,
    so that its interval is narrower than those of the two figures. With the differences :math:`d_c` of the :math:`n`
    cascades and their weights :math:`w_c` (the number of predictions where the figure is a mean over events),

    .. math::
        d = \frac{\sum_c w_c d_c}{\sum_c w_c}, \qquad
        s^2 = \frac{n}{n - 1} \frac{\sum_c w_c^2 (d_c - d)^2}{(\sum_c w_c)^2} + \frac{v_1}{S_1} + \frac{v_2}{S_2},

    and the interval is :math:`d \pm t_{n-1} s`, with the quantile of Student's t-distribution. Where a model was
    trained with :math:`S` seeds, :math:`d_c` has the mean of its figures, and :math:`v` is the variance of its overall
    figure over the seeds.

    Args:
        results: Results of a model, one for each seed of its training.
        others: Results of the model to compare with.
        metric: A headline metric.
        confidence: Probability of the interval.

    Raises:
        UsageError: There is no result; the results were measured on different data or under different protocols, or do
            not have the values of the metric by cascade or user.
        UnknownNameError: The metric was not measured.
    """
    compare_results([*results, *others], [metric])
    value, weight = _of_units(results, metric)
    other, _ = _of_units(others, metric)
    return _with_interval(
        value - other, weight, _seed_variance(results, metric) + _seed_variance(others, metric), confidence
    )


def mean_figure(results: Sequence[Result], metric: str, confidence: float = 0.95) -> PairedDifference:
    """Returns the mean figure of a model over the seeds of its training, with an interval as in
    :func:`paired_difference`.

    Args:
        results: Results of a model, one for each seed of its training.
        metric: A headline metric.
        confidence: Probability of the interval.

    Raises:
        UsageError: As for :func:`paired_difference`.
    """
    compare_results(results, [metric])
    return _with_interval(*_of_units(results, metric), _seed_variance(results, metric), confidence)


def _of_units(results: Sequence[Result], metric: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Figures of the units, averaged over the results, and their weights."""
    for result in results:
        if result.unit_values is None or metric not in result.unit_values:
            raise UsageError(
                f"the result of {result.model} does not have the {metric} of each of the "
                f"{result.protocol.averaged_over}, which a paired difference needs."
            )
    values = np.stack([result.unit_values[metric].to_numpy() for result in results if result.unit_values is not None])
    first = results[0].unit_values
    assert first is not None
    return values.mean(0), first["weight"].to_numpy()


def _seed_variance(results: Sequence[Result], metric: str) -> float:
    """The variance of the mean figure that comes from the seeds."""
    if len(results) < 2:
        return 0.0
    return stdev([result[metric] for result in results]) ** 2 / len(results)


def _with_interval(
    value: npt.NDArray[np.float64], weight: npt.NDArray[np.float64], variance: float, confidence: float
) -> PairedDifference:
    defined = np.isfinite(value)
    value, weight = value[defined], weight[defined]
    count = len(value)
    mean, error = mean_and_error(
        torch.from_numpy(value * weight), torch.arange(count), "event", torch.from_numpy(weight)
    )
    error = math.sqrt(error**2 + variance)
    half = math.nan if count < 2 else student_quantile((1 + confidence) / 2, count - 1) * error
    return PairedDifference(mean, error, mean - half, mean + half, count)
