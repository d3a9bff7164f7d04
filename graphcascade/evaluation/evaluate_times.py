from __future__ import annotations

import logging
import time
from functools import singledispatch

import pandas as pd
import torch
from torch import Tensor

import graphcascade
from graphcascade.data import CascadeDataset, as_dataset
from graphcascade.data.cascades.users import in_time_unit, match_users
from graphcascade.data.segments import segment_ids, segment_steps
from graphcascade.errors import DataError, UsageError
from graphcascade.evaluation.metric_rows import MetricRow, display_name, metric_rows
from graphcascade.evaluation.overlap import count_overlap
from graphcascade.evaluation.result import Result
from graphcascade.evaluation.time_protocol import TimeProtocol
from graphcascade.loader import CascadeLoader
from graphcascade.models.model import Model
from graphcascade.models.next_user import NextUserPredictor
from graphcascade.models.point_process import PointProcess
from graphcascade.processes import divide_work
from graphcascade.value_types import check_numbers

__all__ = ["evaluate_times"]

logger = logging.getLogger(__name__)


@check_numbers
def evaluate_times(
    model: Model,
    data: CascadeDataset,
    seed: int | None = None,
    allow_overlap: bool = False,
) -> Result:
    """Tests next-time prediction: how long after each event does the next one of its cascade follow?

    The result has "RMSE" and "MAE" of the expected interval ("mean" in the column ``answer``) and of the median
    interval ("median"), in the unit of the data, and the "log-likelihood" of an interval (natural logarithm of the
    density per unit). The expected interval minimizes the RMSE, the median the MAE. A few very long intervals can
    dominate the errors, so compare all five figures.

    Args:
        model: A trained model with a time head, a fitted point process, or the true hazards of simulated cascades.
        data: Test cascades; users are matched by their ids.
        seed: Seed of the training; the result reports it.
        allow_overlap: Also test cascades that the model was trained on; the result counts them.

    Raises:
        UsageError: The model has no time head; some test cascades were used in training; the process was not fitted;
            predictions are not finite.
        DataError: No cascade has a second event; the model knows none of the users.
    """
    start = time.perf_counter()
    data = as_dataset(data, "data")
    name = type(model).__name__
    overlap = count_overlap(model, data, allow_overlap)
    data = in_time_unit(
        data,
        model.time_unit,
        required=isinstance(model, NextUserPredictor) and model.predicts_times and model.user_ids is not None,
    )
    table = data.table
    interval = segment_steps(table.time, table.ptr)
    if interval.numel() == 0:
        raise DataError(f"{data.name}: no cascade has a second event, so there is no interval to predict.")
    cascade = segment_ids(table.ptr)
    cascade = cascade[1:][cascade.diff() == 0]
    longer = data.index_select(table.size > 1)
    log_prob, mean, median = divide_work(len(longer), lambda share: _predictions(model, longer.index_select(share)))
    rows = _metric_rows(name, log_prob, mean, median, interval, cascade)
    beyond = int((interval > model.longest_interval).sum())
    if 2 * beyond > interval.numel():
        logger.warning(
            "%s: %s of the %s intervals between events are longer than %s predicts (%g), so the errors of its times "
            "are not meaningful; do the data have the time unit of the training data?",
            data.name,
            f"{beyond:,}",
            f"{interval.numel():,}",
            name,
            model.longest_interval,
        )
    counts = {
        "cascades": len(data),
        "events": table.num_events,
        "predictions": interval.numel(),
        "cascades of one user": int((table.size == 1).sum()),
        "intervals beyond the horizon": beyond,
    } | overlap
    return Result(
        model=name,
        dataset=data.name,
        metrics=pd.DataFrame(rows),
        protocol=TimeProtocol(time_unit=data.time_unit),
        counts=counts,
        split=data.split,
        seed=seed,
        seconds=time.perf_counter() - start,
        version=graphcascade.__version__,
    )


def _metric_rows(
    name: str, log_prob: Tensor, mean: Tensor, median: Tensor, interval: Tensor, cascade: Tensor
) -> list[MetricRow]:
    """Compares predictions with the true intervals; all tensors are ``[R]``.

    Raises:
        UsageError: Predictions are not finite.
    """
    rows = []
    groups = {"all": torch.ones(interval.numel(), dtype=torch.bool)}
    for metric, answer, value in (
        ("RMSE", "mean", (mean - interval).square()),
        ("MAE", "mean", (mean - interval).abs()),
        ("RMSE", "median", (median - interval).square()),
        ("MAE", "median", (median - interval).abs()),
        ("log-likelihood", "", log_prob),
    ):
        if not bool(value.isfinite().all()):
            figure = display_name(metric, answer)
            raise UsageError(f"{name}: predicted times are not finite ({figure}); check whether training diverged.")
        rows += metric_rows(
            metric,
            value,
            cascade,
            groups,
            ("event", "cascade"),
            headline=("all", "event"),
            root=metric == "RMSE",
            answer=answer,
        )
    return rows


@singledispatch
@torch.no_grad()
def _predictions(model: Model, data: CascadeDataset) -> tuple[Tensor, Tensor, Tensor]:
    """Log-density of each interval, expected interval and median interval, ``[R]`` float64 each."""
    raise UsageError(f"{type(model).__name__} does not predict times.")


@_predictions.register
@torch.no_grad()
def _(model: PointProcess, data: CascadeDataset) -> tuple[Tensor, Tensor, Tensor]:
    table = data.table
    follows = torch.ones(table.num_events, dtype=torch.bool)
    follows[table.ptr[1:] - 1] = False
    mean, median = (part(table.time, table.ptr)[follows] for part in (model.mean, model.median))
    return model.log_prob(table.time, table.ptr), mean, median


@_predictions.register
@torch.no_grad()
def _(model: NextUserPredictor, data: CascadeDataset) -> tuple[Tensor, Tensor, Tensor]:
    data = match_users(data, model.user_ids)
    training = model.training
    model.eval()
    loader = CascadeLoader(data, batch_size=model.batch_size(data))
    log_prob, mean, median = torch.cat([torch.stack(model.intervals(batch)) for batch in loader], 1)
    model.train(training)
    return log_prob, mean, median
