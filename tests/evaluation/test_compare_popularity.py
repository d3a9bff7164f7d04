from __future__ import annotations

import math

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.evaluation import PopularityProtocol, compare_popularity, evaluate_popularity
from graphcascade.evaluation.compare_popularity import compare_predictions
from graphcascade.evaluation.paired_t_test import paired_t_test
from graphcascade.evaluation.user_bootstrap import UserBootstrap
from graphcascade.models import MeanLabel, UserMean
from tests.models.popularity.small_stream import random_stream, with_gaps

STREAM = with_gaps(random_stream(posts=120, users=6))
TRAIN, _, TEST = STREAM.splits(0.6)
PROTOCOL = PopularityProtocol(resamples=60)


def test_differences_are_those_of_the_results() -> None:
    first, second = UserMean.of(TRAIN).fit(TRAIN), MeanLabel.of(TRAIN).fit(TRAIN)
    table = compare_popularity(first, second, TEST, PROTOCOL).set_index("metric")
    own, other = (evaluate_popularity(model, TEST, PROTOCOL) for model in (first, second))
    for metric in ("MAE", "RMSE"):
        assert table.loc[metric, "value"] == pytest.approx(own[metric])
        assert table.loc[metric, "difference"] == pytest.approx(own[metric] - other[metric])
        assert table.loc[metric, "lower"] < table.loc[metric, "difference"] < table.loc[metric, "upper"]
    assert math.isnan(table.loc["SRC", "p"])  # equal predictions have no correlation


def test_intervals_and_tests_are_paired_by_users() -> None:
    generator = torch.Generator().manual_seed(0)
    target, user = torch.randn(40, generator=generator), torch.arange(40) // 4
    first = target + torch.randn(40, generator=generator)
    second = target + 1.5 * torch.randn(40, generator=generator)
    table = compare_predictions(first, second, target, user, PROTOCOL).set_index("metric")
    drawn = []
    for count in torch.cat(list(UserBootstrap(user, 60).counts())).long():
        chosen = torch.arange(40).repeat_interleave(count[user])
        drawn.append(float(((first - target).abs() - (second - target).abs())[chosen].mean()))
    below, above = sum(value <= 0 for value in drawn), sum(value >= 0 for value in drawn)
    assert table.loc["MAE", "p"] == pytest.approx(min(1, 2 * (min(below, above) + 1) / 61))
    ordered = torch.tensor(drawn).sort().values
    assert ordered[0] <= table.loc["MAE", "lower"] <= ordered[2]
    assert ordered[-3] <= table.loc["MAE", "upper"] <= ordered[-1]
    expected = paired_t_test((first - target).abs(), (second - target).abs())
    assert tuple(table.loc["MAE", ["t", "p of t"]]) == pytest.approx(expected)
    assert bool(table.loc[["SRC", "RMSE"], ["t", "p of t"]].isna().all(axis=None))


def test_near_copies_deceive_the_t_test_and_not_the_bootstrap() -> None:
    # 12 users with 50 equal posts each: 12 independent differences, not 600.
    generator = torch.Generator().manual_seed(3)
    error = torch.rand(2, 12, generator=generator).repeat_interleave(50, 1)
    user, target = torch.arange(12).repeat_interleave(50), torch.zeros(600)
    table = compare_predictions(error[0], error[1], target, user, PopularityProtocol()).iloc[0]
    assert table["p of t"] < 0.05
    assert table["p"] > 0.2
    assert table["lower"] < 0 < table["upper"]


def test_several_seeds_are_averaged() -> None:
    target, user = torch.zeros(8), torch.arange(8)
    predictions = torch.stack([torch.full((8,), 1.0), torch.full((8,), 3.0)])
    table = compare_predictions(predictions, torch.full((8,), 5.0), target, user, PROTOCOL)
    assert table.loc[0, "value"] == pytest.approx(2)
    assert table.loc[0, "difference"] == pytest.approx(-3)
    floors = [MeanLabel.of(TRAIN).fit(TRAIN)] * 2
    assert (compare_popularity(floors, floors[0], TEST, PROTOCOL)["difference"].dropna() == 0).all()


def test_wrong_input_raises_an_error() -> None:
    some = torch.zeros(3)
    with pytest.raises(UsageError, match="must be of the same posts"):
        compare_predictions(some, torch.zeros(4), some, some.long(), PROTOCOL)
    with pytest.raises(UsageError, match="on the posts of one user"):
        compare_predictions(some, some, some, some.long(), PROTOCOL)
