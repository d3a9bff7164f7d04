from __future__ import annotations

import math

import pandas as pd
import pytest
import torch
from torch import Tensor
from torchmetrics.functional import mean_absolute_error, mean_squared_error, spearman_corrcoef

from graphcascade.evaluation.user_bootstrap import UserBootstrap, measure_popularity


def random_posts(posts: int = 50, users: int = 8, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    target = torch.randint(0, 12, (posts,), generator=generator).double() / 3  # with ties
    prediction = target + torch.randint(-3, 4, (posts,), generator=generator).double()
    return prediction, target, torch.randint(users, (posts,), generator=generator) * 10 + 7


def test_figures_are_those_of_torchmetrics_and_pandas() -> None:
    prediction, target, _ = random_posts()
    mae, src, rmse = measure_popularity(prediction, target)[0].tolist()
    assert mae == pytest.approx(float(mean_absolute_error(prediction, target)))
    assert rmse == pytest.approx(math.sqrt(float(mean_squared_error(prediction, target))))
    ranks = [pd.Series(values.numpy()).rank() for values in (prediction, target)]
    assert src == pytest.approx(ranks[0].corr(ranks[1]))
    assert src == pytest.approx(float(spearman_corrcoef(prediction, target)), abs=1e-5)


def test_weights_count_a_post_several_times_or_not_at_all() -> None:
    prediction, target, _ = random_posts(20)
    weight = torch.arange(20) % 4
    repeated = measure_popularity(prediction.repeat_interleave(weight), target.repeat_interleave(weight))
    weighted = measure_popularity(prediction, target, torch.stack([weight, torch.ones(20, dtype=torch.long)], 1))
    assert weighted[0].tolist() == pytest.approx(repeated[0].tolist())
    assert weighted[1].tolist() == pytest.approx(measure_popularity(prediction, target)[0].tolist())


def test_the_correlation_of_equal_predictions_is_nan() -> None:
    _, target, _ = random_posts()
    figures = measure_popularity(torch.full_like(target, 3.0), target)[0]
    assert math.isnan(figures[1])
    assert bool(figures[[0, 2]].isfinite().all())


def test_resamples_draw_users_with_all_their_posts(monkeypatch: pytest.MonkeyPatch) -> None:
    prediction, target, user = random_posts()
    monkeypatch.setattr("graphcascade.evaluation.user_bootstrap.MAX_WEIGHTS", 150)  # three resamples at a time
    bootstrap = UserBootstrap(user, resamples=10, seed=4)
    counts = torch.cat(list(bootstrap.counts()))
    assert counts.shape == (10, 8)
    assert counts.sum(1).tolist() == [8] * 10
    assert len({tuple(row) for row in counts.tolist()}) > 5
    expected = []
    for row in counts.long():
        chosen = torch.arange(50).repeat_interleave(row[(user - 7) // 10])
        expected.append(measure_popularity(prediction[chosen], target[chosen])[0])
    torch.testing.assert_close(bootstrap.measure(prediction, target), torch.stack(expected))
    both = bootstrap.measure(torch.stack([prediction, target]), target)
    torch.testing.assert_close(both[:, 0], bootstrap.measure(prediction, target)[:, 0] / 2)
    assert bootstrap.measure(prediction, target).equal(UserBootstrap(user, 10, 4).measure(prediction, target))


def test_the_standard_error_of_a_mean_is_that_over_users() -> None:
    # Every user has two equal posts, so the error is that of the mean of independent users.
    error = torch.randn(200, generator=torch.Generator().manual_seed(1), dtype=torch.float64).repeat_interleave(2)
    user = torch.arange(200).repeat_interleave(2)
    drawn = UserBootstrap(user, resamples=4000).measure(error, torch.zeros(400))
    expected = error[::2].abs().std() / math.sqrt(200)
    assert float(drawn[:, 0].std()) == pytest.approx(float(expected), rel=0.05)
