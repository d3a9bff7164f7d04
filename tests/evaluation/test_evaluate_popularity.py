from __future__ import annotations

import math

import pandas as pd
import pytest
import torch
from torch import Tensor

from graphcascade.data import PostStream
from graphcascade.errors import UsageError
from graphcascade.evaluation import PopularityProtocol, compare_results, evaluate_popularity
from graphcascade.models import MeanLabel, TweetPopularity, UserMean
from graphcascade.models.popularity import FittablePopularityModel
from tests.models.popularity.small_stream import random_stream, with_gaps
from tests.models.ranking.small_network import random_network

STREAM = with_gaps(random_stream(posts=80, users=25))
TRAIN, VAL, TEST = STREAM.splits(0.5)
PROTOCOL = PopularityProtocol(resamples=50)


class Oracle(FittablePopularityModel):
    """Predicts the labels plus a shift."""

    def __init__(self, num_users: int, num_categories: int = 0, shift: float = 0.0) -> None:
        super().__init__(num_users, num_categories)
        self.shift = shift

    def _fit(self, train: PostStream) -> None:
        pass

    def _predict(self, stream: PostStream, posts: Tensor) -> Tensor:
        return stream.y[posts] + self.shift


def test_true_labels_have_the_best_figures() -> None:
    result = evaluate_popularity(Oracle.of(TRAIN).fit(TRAIN), TEST, PROTOCOL)
    assert (result["MAE"], result["SRC"], result["RMSE"]) == pytest.approx((0, 1, 0))
    shifted = evaluate_popularity(Oracle.of(TRAIN, shift=-0.5).fit(TRAIN), TEST, PROTOCOL)
    assert (shifted["MAE"], shifted["SRC"], shifted["RMSE"]) == pytest.approx((0.5, 1, 0.5))
    assert set(result.metrics["unit"]) == {"post"}


def test_figures_of_new_users_are_over_their_posts_only() -> None:
    model = UserMean.of(TRAIN).fit(TRAIN)
    result = evaluate_popularity(model, TEST, PROTOCOL)
    known = {STREAM.user_ids[user] for user in STREAM.user[TRAIN.targets].tolist()}
    posts = [post for post in TEST.targets.tolist() if STREAM.user_ids[STREAM.user[post]] not in known]
    assert 0 < len(posts) < TEST.targets.numel()
    predicted = model.predict(TEST, torch.tensor(posts))
    error = [abs(float(a) - float(STREAM.y[post])) for a, post in zip(predicted, posts, strict=True)]
    assert result.value("MAE", targets="new users") == pytest.approx(sum(error) / len(error))
    assert result.counts["posts of users unseen in training"] == len(posts)
    assert result.counts["posts"] == TEST.targets.numel()
    assert bool(predicted.allclose(TRAIN.target_y.mean(), atol=1e-5))


def test_intervals_contain_the_figures_and_depend_on_the_seed_and_the_confidence() -> None:
    model = UserMean.of(TRAIN).fit(TRAIN)
    row = evaluate_popularity(model, TEST, PROTOCOL).metrics.iloc[0]
    assert row["lower"] < row["value"] < row["upper"]
    narrow = evaluate_popularity(model, TEST, PopularityProtocol(resamples=50, confidence=0.5)).metrics.iloc[0]
    assert row["lower"] < narrow["lower"] < narrow["upper"] < row["upper"]
    assert evaluate_popularity(model, TEST, PROTOCOL).metrics.iloc[0].equals(row)
    other = evaluate_popularity(model, TEST, PopularityProtocol(resamples=50, seed=1)).metrics.iloc[0]
    assert other["value"] == row["value"]
    assert other["lower"] != row["lower"]


def test_online_labels_and_hidden_users_reach_the_model() -> None:
    model = UserMean.of(TRAIN).fit(TRAIN)
    frozen = evaluate_popularity(model, TEST, PROTOCOL)
    online = evaluate_popularity(model, TEST, PopularityProtocol(labels="online", resamples=50))
    predicted = model.predict(STREAM, TEST.targets)
    assert online["MAE"] == pytest.approx(float((predicted - TEST.target_y).abs().mean()))
    assert online["MAE"] != frozen["MAE"]
    hidden = evaluate_popularity(model, TEST, PopularityProtocol(known_users=False, resamples=50))
    mean = evaluate_popularity(MeanLabel.of(TRAIN).fit(TRAIN), TEST, PROTOCOL)
    assert hidden["MAE"] == pytest.approx(mean["MAE"])
    assert not model.hides_users
    with pytest.raises(UsageError, match="cannot be compared"):
        compare_results([frozen, online])


def test_the_result_prints_intervals() -> None:
    text = str(evaluate_popularity(MeanLabel.of(TRAIN).fit(TRAIN), TEST, PROTOCOL, seed=3))
    assert "over posts" in text
    assert "users not in training" in text
    assert "in brackets: intervals of 95 % from a bootstrap over users; headline metrics first" in text
    assert "labels 'frozen'" in text
    assert "nan" not in text
    result = evaluate_popularity(MeanLabel.of(TRAIN).fit(TRAIN), TEST, PROTOCOL)
    assert math.isnan(result["SRC"])
    assert result.to_dict()["metrics"][1]["value"] is None
    assert isinstance(compare_results([result]), pd.DataFrame)


def test_the_coverage_of_intervals_is_that_of_the_tested_posts() -> None:
    model = MeanLabel.of(TRAIN).fit(TRAIN)
    name = "coverage of 90 % intervals"
    assert name not in evaluate_popularity(model, TEST, PROTOCOL).metrics["metric"].tolist()
    model.calibrate(VAL)
    result = evaluate_popularity(model, TEST, PROTOCOL)
    low, high = model.interval(0.9)
    residual = TEST.target_y - model.predict(TEST, TEST.targets)
    share = float(((residual >= low) & (residual <= high)).float().mean())
    assert result[name] == pytest.approx(share)
    assert result.error(name) > 0
    assert name in str(result)


def test_wrong_input_raises_an_error() -> None:
    model = MeanLabel.of(TRAIN).fit(TRAIN)
    with pytest.raises(UsageError, match="test posts were in training; test on other posts"):
        evaluate_popularity(model, TRAIN)
    counts = evaluate_popularity(model, TRAIN, PROTOCOL, allow_overlap=True).counts
    assert counts["posts seen in training"] == TRAIN.targets.numel()
    with pytest.raises(UsageError, match="was not trained yet"):
        evaluate_popularity(MeanLabel.of(TRAIN), TEST)
    with pytest.raises(UsageError, match="a prediction is not finite"):
        evaluate_popularity(Oracle.of(TRAIN, shift=math.nan).fit(TRAIN), TEST)
    with pytest.raises(UsageError, match="no post has a label"):
        evaluate_popularity(model, random_stream(y=torch.full((60,), math.nan)))
    network = random_network()
    with pytest.raises(UsageError, match="TweetPopularity does not predict the popularity of posts"):
        evaluate_popularity(TweetPopularity.of(network).fit(network), TEST)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="must be a PostStream"):
        evaluate_popularity(model, network)  # type: ignore[arg-type]
