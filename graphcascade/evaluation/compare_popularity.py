from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from graphcascade.data import PostStream
from graphcascade.data.posts.require_stream import require_stream
from graphcascade.errors import UsageError
from graphcascade.evaluation.evaluate_popularity import predict_targets
from graphcascade.evaluation.paired_t_test import paired_t_test
from graphcascade.evaluation.popularity_protocol import PopularityProtocol
from graphcascade.evaluation.user_bootstrap import FIGURES, UserBootstrap, measure_popularity
from graphcascade.models.popularity import PopularityModel
from graphcascade.value_types import check_numbers

__all__ = ["compare_popularity", "compare_predictions"]

Models = PopularityModel | Sequence[PopularityModel]


@check_numbers
def compare_popularity(
    model: Models, baseline: Models, data: PostStream, protocol: PopularityProtocol | None = None
) -> pd.DataFrame:
    """Compares the predictions of two models on the same posts, with paired intervals and tests.

    Args:
        model: A trained model, or several that differ in their seeds; their figures are averaged.
        baseline: The model, or models, to compare with.
        data: The validation or test part of a split.
        protocol: Which labels and users the models know; the default :class:`PopularityProtocol` if not given.

    Returns:
        See :func:`compare_predictions`.

    Raises:
        UsageError: A model was not trained; no post has a label; a prediction is not finite.
    """
    protocol = PopularityProtocol() if protocol is None else protocol
    require_stream(data, "data")
    first, second = (
        torch.stack([predict_targets(each, data, protocol) for each in _as_sequence(models)])
        for models in (model, baseline)
    )
    return compare_predictions(first, second, data.target_y, data.user[data.targets], protocol)


def compare_predictions(
    prediction: Tensor, baseline: Tensor, target: Tensor, user: Tensor, protocol: PopularityProtocol
) -> pd.DataFrame:
    """Compares two predictions of the same posts.

    Args:
        prediction: Predicted labels, ``[M]``, or ``[S, M]`` of models of several seeds, whose figures are averaged.
        baseline: The predictions to compare with, ``[M]`` or ``[S', M]``.
        target: True labels, ``[M]``.
        user: User of each post, ``[M]`` int64.
        protocol: Number and seed of the resamples, and the probability of the intervals.

    Returns:
        A row for each figure, "MAE", "SRC" and "RMSE":

        - ``metric``, ``value``, ``baseline``, and ``difference``, which is the value minus that of the baseline.
        - ``lower`` and ``upper``: The interval of the difference from a paired bootstrap over users.
        - ``p``: Twice the smaller share of resamples with a difference on either side of 0; with k of R resamples on
          that side, 2 (k + 1) / (R + 1), at most 1.
        - ``t`` and ``p of t``: Student's paired t-test of the absolute errors of all posts, for the MAE only. The DSN
          paper prints this test. It takes posts as independent, although consecutive posts of a user are near copies,
          so it is too optimistic.

    Raises:
        UsageError: The numbers of posts differ; there is only one user.
    """
    prediction, baseline = (torch.atleast_2d(values) for values in (prediction, baseline))
    if not prediction.size(1) == baseline.size(1) == target.numel() == user.numel():
        raise UsageError("the two predictions, the labels and the users must be of the same posts.")
    bootstrap = UserBootstrap(user, protocol.resamples, protocol.seed)
    if bootstrap.num_users < 2:
        raise UsageError("models cannot be compared by users on the posts of one user.")
    own, other = (
        torch.cat([measure_popularity(each, target) for each in values]).mean(0).numpy()
        for values in (prediction, baseline)
    )
    drawn = (bootstrap.measure(prediction, target) - bootstrap.measure(baseline, target)).numpy()
    tail = (1 - protocol.confidence) / 2
    lower, upper = np.quantile(drawn, [tail, 1 - tail], axis=0)
    smaller = np.minimum((drawn <= 0).sum(0), (drawn >= 0).sum(0))
    p = np.minimum(2 * (smaller + 1) / (len(drawn) + 1), 1)
    p[np.isnan(drawn).any(0)] = np.nan
    errors = [(values - target).abs().double().mean(0) for values in (prediction, baseline)]
    t, p_of_t = paired_t_test(*errors)
    table = pd.DataFrame(
        {
            "metric": FIGURES,
            "value": own,
            "baseline": other,
            "difference": own - other,
            "lower": lower,
            "upper": upper,
            "p": p,
        }
    )
    table["t"], table["p of t"] = np.nan, np.nan
    table.loc[0, ["t", "p of t"]] = t, p_of_t
    return table


def _as_sequence(models: Models) -> Sequence[PopularityModel]:
    return [models] if isinstance(models, PopularityModel) else models
