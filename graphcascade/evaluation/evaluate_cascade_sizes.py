from __future__ import annotations

import math
import time
from dataclasses import asdict
from typing import Any

import pandas as pd
import torch
from torch import Tensor

import graphcascade
from graphcascade.data import CascadeDataset, as_dataset
from graphcascade.errors import UsageError
from graphcascade.evaluation.cascade_size_protocol import CascadeSizeProtocol
from graphcascade.evaluation.metric_rows import MetricRow, unit_values
from graphcascade.evaluation.overlap import count_overlap
from graphcascade.evaluation.result import Result
from graphcascade.models.cascade_size import CascadeSizeModel, log_growth
from graphcascade.processes import divide_work
from graphcascade.value_types import check_numbers

__all__ = ["evaluate_cascade_sizes"]

MAX_DRAWS = 1 << 22  # numbers of cascades that are drawn at once


@check_numbers
def evaluate_cascade_sizes(
    model: CascadeSizeModel,
    data: CascadeDataset,
    seed: int | None = None,
    allow_overlap: bool = False,
    resamples: int = 1000,
    confidence: float = 0.95,
) -> Result:
    r"""Tests predictions of the final size of cascades from their beginning.

    Figures are "MSLE", the mean squared logarithmic error of the growth after the window, as in `DeepHawkes
    <https://doi.org/10.1145/3132847.3132973>`_, and the "Median relative error" of the final size:

    .. math::
        \frac{1}{N} \sum_c \big(\log_2(1 + \hat\Delta_c) - \log_2(1 + \Delta_c)\big)^2, \qquad
        \mathrm{median}_c \frac{|\hat\Delta_c - \Delta_c|}{n_c + \Delta_c}

    Standard errors and intervals come from a bootstrap over cascades.

    Args:
        model: A trained model, which decides the window.
        data: Test cascades, whole; users are matched by their ids.
        seed: Seed of the training; the result reports it.
        allow_overlap: Also test cascades that the model was trained on; the result counts them.
        resamples: Number of resamples of the bootstrap.
        confidence: Share of the resamples within an interval.

    Returns:
        The result. Its metrics have two more columns, ``lower`` and ``upper``, the ends of the interval. Its counts
        include the cascades that have not reached the end of the window and are left out, and those that have not grown
        after it.

    Raises:
        UsageError: Some cascades were in training; the model was not trained; a prediction is not finite; the window
            does not fit the data.
        DataError: No cascade has reached the end of the window; the model uses users, and knows none of them.
    """
    start = time.perf_counter()
    data = as_dataset(data, "data")
    if not isinstance(model, CascadeSizeModel):
        raise UsageError(f"{type(model).__name__} does not predict the size of cascades; use evaluate.")
    model.require_trained()
    protocol = CascadeSizeProtocol(
        observe=model.window.observe,
        observe_events=model.window.observe_events,
        resamples=resamples,
        confidence=confidence,
    )
    overlap = count_overlap(model, data, allow_overlap)
    observation = model.observe(data)
    observed = observation.cascades
    (predicted,) = divide_work(
        len(observed), lambda share: (model.predict(observed.index_select(share)).cpu().double(),)
    )
    true = log_growth(observed)
    if not bool(predicted.isfinite().all()):
        raise UsageError(f"{type(model).__name__}: a prediction is not finite: has training diverged?")
    squared = (predicted - true).square()
    relative = (predicted.exp2() - true.exp2()).abs() / (observed.table.size - 1 + true.exp2())
    counts = {
        "cascades": len(observed),
        "events": observed.table.num_events,
        "cascades that did not reach the end of the window, left out": observation.not_reached,
        "cascades that did not grow after the window": int((true == 0).sum()),
    }
    return Result(
        model=type(model).__name__,
        dataset=data.name,
        metrics=pd.DataFrame(_metric_rows(squared, relative, protocol)),
        protocol=protocol,
        counts=counts | overlap,
        split=data.split,
        seed=seed,
        seconds=time.perf_counter() - start,
        version=graphcascade.__version__,
        unit_values=unit_values({"MSLE": squared}, torch.arange(squared.numel()), "cascade"),
    )


def _metric_rows(squared: Tensor, relative: Tensor, protocol: CascadeSizeProtocol) -> list[dict[str, Any]]:
    count = squared.numel()
    generator = torch.Generator().manual_seed(protocol.seed)
    drawn: dict[str, list[Tensor]] = {"MSLE": [], "Median relative error": []}
    size = max(1, MAX_DRAWS // count)
    for begin in range(0, protocol.resamples, size):
        shape = (min(size, protocol.resamples - begin), count)
        row = torch.randint(count, shape, generator=generator)
        drawn["MSLE"].append(squared[row].mean(1))
        drawn["Median relative error"].append(_median(relative[row]))
    values = {"MSLE": squared.mean(), "Median relative error": _median(relative)}
    tail = (1 - protocol.confidence) / 2
    rows = []
    for name, portions in drawn.items():
        figures = torch.cat(portions)
        lower, upper = torch.quantile(figures, torch.tensor([tail, 1 - tail], dtype=figures.dtype)).tolist()
        error = float(figures.std()) if count > 1 else math.nan
        figure = MetricRow(name, "", "", "all", "cascade", float(values[name]), error, True)
        rows.append(asdict(figure) | {"lower": lower, "upper": upper})
    return rows


def _median(value: Tensor) -> Tensor:
    """Returns the median over the last axis; of an even number of values the mean of the two in the middle."""
    ordered, count = value.sort(-1).values, value.size(-1)
    return (ordered[..., (count - 1) // 2] + ordered[..., count // 2]) / 2
