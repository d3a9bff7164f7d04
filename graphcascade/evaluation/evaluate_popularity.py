from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

import graphcascade
from graphcascade.data import PostStream
from graphcascade.data.posts.require_stream import require_stream
from graphcascade.errors import UsageError
from graphcascade.evaluation.metric_rows import MetricRow, unit_values
from graphcascade.evaluation.overlap import count_overlap
from graphcascade.evaluation.popularity_protocol import PopularityProtocol
from graphcascade.evaluation.result import Result
from graphcascade.evaluation.user_bootstrap import FIGURES, UserBootstrap, measure_popularity
from graphcascade.models.popularity import PopularityModel
from graphcascade.processes import divide_work
from graphcascade.value_types import check_numbers

__all__ = ["evaluate_popularity", "find_new_users", "predict_targets"]

LEVEL = 0.9  # of the intervals whose coverage is measured


@check_numbers
def evaluate_popularity(
    model: PopularityModel,
    data: PostStream,
    protocol: PopularityProtocol | None = None,
    seed: int | None = None,
    allow_overlap: bool = False,
) -> Result:
    """Tests predictions of the popularity of posts.

    Figures are the mean absolute error, "MAE", Spearman's rank correlation, "SRC", and the root mean squared error,
    "RMSE", over all posts, and over the posts of users who are not in the training data. Intervals and standard errors
    come from a bootstrap over users: consecutive posts of a user are near copies and not independent. If the model has
    intervals of its predictions, "coverage of 90 % intervals" is the share of the posts that they cover.

    Args:
        model: A trained model.
        data: The validation or test part of a split; users and categories are matched by their ids.
        protocol: Which labels and users the model knows; the default :class:`PopularityProtocol` if not given.
        seed: Seed of the training; the result reports it.
        allow_overlap: Also test posts that the model was trained on; the result counts them.

    Returns:
        The result. Its metrics have two more columns, ``lower`` and ``upper``, the ends of the interval. The
        correlation is NaN if the model predicts the same for all posts.

    Raises:
        UsageError: Posts were in training; the model was not trained; no post has a label; a prediction is not finite.
    """
    start = time.perf_counter()
    protocol = PopularityProtocol() if protocol is None else protocol
    overlap = count_overlap(model, require_stream(data, "data"), allow_overlap, "posts")
    prediction = predict_targets(model, data, protocol)
    target, user = data.target_y, data.user[data.targets]
    new = find_new_users(model, data)[user]
    rows = []
    for name, chosen in {"all": torch.ones_like(new), "new users": new}.items():
        if bool(chosen.any()):
            rows += _measure(prediction[chosen], target[chosen], user[chosen], protocol, name)
    ends = model.interval(LEVEL)
    if ends is not None:
        residual = target - prediction
        covered = (residual >= ends[0]) & (residual <= ends[1])
        bootstrap = UserBootstrap(user, protocol.resamples, protocol.seed)
        rows += _rows(
            (f"coverage of {100 * LEVEL:g} % intervals",),
            covered.double().mean().view(1),
            bootstrap.mean(covered).unsqueeze(1) if bootstrap.num_users > 1 else None,
            protocol,
            "all",
            headline=True,
        )
    counts = {
        "posts": target.numel(),
        "users": int(user.unique().numel()),
        "posts of users unseen in training": int(new.sum()),
    }
    return Result(
        model=type(model).__name__,
        dataset=data.name,
        metrics=pd.DataFrame(rows),
        protocol=protocol,
        counts=counts | overlap,
        split=data.split,
        seed=seed,
        seconds=time.perf_counter() - start,
        version=graphcascade.__version__,
        unit_values=unit_values({"MAE": (prediction - target).abs()}, user, "post"),
    )


def predict_targets(model: PopularityModel, data: PostStream, protocol: PopularityProtocol) -> Tensor:
    """Predicts the labels of the targets of a stream under a protocol, ``[M]`` float32.

    Raises:
        UsageError: The model does not predict popularity or was not trained; no post has a label; a prediction is not
            finite.
    """
    if not isinstance(model, PopularityModel):
        raise UsageError(f"{type(model).__name__} does not predict the popularity of posts; use evaluate.")
    model.require_trained()
    if data.targets.numel() == 0:
        raise UsageError(f"{data.name}: no post has a label, so predictions cannot be tested.")
    if protocol.labels == "online":
        data = data.with_known_y(data.y)
    with _evaluation(model, hidden=not protocol.known_users), torch.no_grad():
        posts = data.targets
        (prediction,) = divide_work(posts.numel(), lambda share: (model.predict(data, posts[share]).cpu(),))
    if not bool(prediction.isfinite().all()):
        raise UsageError(f"{type(model).__name__}: a prediction is not finite: has training diverged?")
    return prediction


def find_new_users(model: PopularityModel, data: PostStream) -> Tensor:
    """Returns which users of a stream are not in the training data of a model, ``[num_users]`` bool."""
    if model.user_ids is None:
        return torch.ones(data.num_users, dtype=torch.bool)
    known: npt.NDArray[np.bool_] = np.isin(data.user_ids, model.user_ids[model.seen.cpu().numpy()])
    return ~torch.from_numpy(known)


@contextmanager
def _evaluation(model: PopularityModel, hidden: bool) -> Iterator[None]:
    """Switches a model to evaluation, and hides the users from it or not."""
    training, before = model.training, model.hides_users
    model.eval()
    model.hides_users = hidden
    try:
        yield
    finally:
        model.train(training)
        model.hides_users = before


def _measure(
    prediction: Tensor, target: Tensor, user: Tensor, protocol: PopularityProtocol, group: str
) -> list[dict[str, object]]:
    bootstrap = UserBootstrap(user, protocol.resamples, protocol.seed)
    drawn = bootstrap.measure(prediction, target) if bootstrap.num_users > 1 else None
    return _rows(FIGURES, measure_popularity(prediction, target)[0], drawn, protocol, group, headline=group == "all")


def _rows(
    names: Sequence[str],
    value: Tensor,
    drawn: Tensor | None,
    protocol: PopularityProtocol,
    group: str,
    headline: bool,
) -> list[dict[str, object]]:
    """Returns the rows of figures ``[F]`` with intervals from resamples ``[R, F]``."""
    error = lower = upper = np.full(len(names), np.nan)
    if drawn is not None:
        tail = (1 - protocol.confidence) / 2
        error = drawn.numpy().std(0, ddof=1)
        lower, upper = np.quantile(drawn.numpy(), [tail, 1 - tail], axis=0)
    rows: list[dict[str, object]] = []
    for number, name in enumerate(names):
        figure = MetricRow(name, "", "", group, "post", float(value[number]), float(error[number]), headline)
        rows.append(asdict(figure) | {"lower": float(lower[number]), "upper": float(upper[number])})
    return rows
