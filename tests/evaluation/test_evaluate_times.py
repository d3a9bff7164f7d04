from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.errors import DataError, UnknownNameError, UsageError
from graphcascade.evaluation import Result, compare_results, evaluate_times
from graphcascade.io import from_pandas
from graphcascade.models import LSTM, RMTPP, HawkesProcess, PoissonProcess, TrueHazards
from graphcascade.models.next_user import NextUserModel
from graphcascade.models.point_process import PointProcess
from graphcascade.simulate import cyan_cascades
from graphcascade.trainers import NextUserTrainer
from tests.models.attention_model import AttentionModel
from tests.models.small_data import dataset_of, random_dataset

# Intervals 1, 3; none; 2.
DATASET = dataset_of([[0, 1, 2], [3], [2, 1]], 4, [[0.0, 1.0, 4.0], [7.0], [10.0, 12.0]], time_unit="h")


class Known(PointProcess):
    """Expects 2 hours and a median of 1, whatever happens; log-densities -1, -2, -6."""

    def _estimate(self, table: Any, interval: Tensor) -> None: ...

    def _state(self, time: Tensor, ptr: Tensor) -> Tensor:
        return time

    def _inverse(self, rows: Tensor) -> Any: ...

    def mean(self, time: Tensor, ptr: Tensor) -> Tensor:
        return torch.full_like(time, 2)

    def median(self, time: Tensor, ptr: Tensor) -> Tensor:
        return torch.full_like(time, 1)

    def log_prob(self, time: Tensor, ptr: Tensor) -> Tensor:
        return torch.tensor([-1.0, -2.0, -6.0], dtype=torch.float64)


def figure(result: Result, metric: str, unit: str) -> tuple[float, float]:
    return result.value(metric, unit=unit), result.error(metric, unit=unit)


def test_figures_match_those_by_hand() -> None:
    """Errors of the mean 1, -1, 0; of the median 0, -2, -1."""
    result = evaluate_times(Known(horizon=2.0), DATASET, seed=3)
    assert result["RMSE"] == pytest.approx(math.sqrt(2 / 3))
    assert result["MAE"] == pytest.approx(2 / 3)
    assert result.value("RMSE", answer="median") == pytest.approx(math.sqrt(5 / 3))
    assert result.value("MAE", answer="median") == pytest.approx(1)
    assert result["log-likelihood"] == pytest.approx(-3)
    assert figure(result, "RMSE", "cascade")[0] == pytest.approx(math.sqrt(1 / 2))
    assert figure(result, "log-likelihood", "cascade")[0] == pytest.approx(-3.75)
    assert result.counts == {
        "cascades": 3,
        "events": 6,
        "predictions": 3,
        "cascades of one user": 1,
        "intervals beyond the horizon": 1,
    }
    assert result.protocol.time_unit == "h"
    assert (result.model, result.seed) == ("Known", 3)
    # Two cascades: the log-likelihood of one is -3 in two intervals, of the other -6 in one.
    assert figure(result, "log-likelihood", "event")[1] == pytest.approx(math.sqrt(2 * (3**2 + 3**2)) / 3)
    # Squares of the mean, likewise: 2 in two intervals, 0 in one; half of it over the root.
    squares = math.sqrt(2 * ((2 - 4 / 3) ** 2 + (2 / 3) ** 2)) / 3
    assert figure(result, "RMSE", "event")[1] == pytest.approx(squares / 2 / math.sqrt(2 / 3))


def test_most_intervals_beyond_the_horizon_are_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    evaluate_times(Known(horizon=2.0), DATASET)
    assert not caplog.messages
    evaluate_times(Known(horizon=0.5), DATASET)
    (message,) = caplog.messages
    assert "3 of the 3 intervals between events are longer than Known predicts (0.5)" in message


def test_a_result_has_the_unit_of_time_and_is_saved(tmp_path: Path) -> None:
    result = evaluate_times(Known(), DATASET)
    text = str(result)
    assert "RMSE of the median" in text
    assert "within the model's horizon, in h; log-likelihood of an interval" in text
    assert result.save(tmp_path / "result.json").exists()
    assert "which is not stated" in str(evaluate_times(Known(), dataset_of([[0, 1, 2], [1, 0]], 3)))
    with pytest.raises(UnknownNameError, match="'MRR' was not measured; the metrics are RMSE"):
        result["MRR"]


@pytest.mark.parametrize("kind", [RMTPP, AttentionModel])
def test_models_predict_a_time_at_every_event(kind: Any) -> None:
    torch.manual_seed(0)
    dataset = random_dataset([4, 1, 7, 2, 3] * 27, 10)
    model = kind(10).eval()
    model.prepare(dataset)
    result = evaluate_times(model, dataset)
    squares, densities = [], []
    for cascade in dataset:
        encoding, cache = model.start(cascade.user[:1], cascade.time[:1])
        for k in range(1, cascade.user.numel()):
            interval = cascade.time[k : k + 1] - cascade.time[k - 1 : k]
            squares.append((model.time_head.mean(encoding.time) - interval).square().item())
            densities.append(model.time_head.log_prob(encoding.time, interval).item())
            encoding, cache = model.advance(cache, cascade.user[k : k + 1], cascade.time[k : k + 1])
    assert result["RMSE"] == pytest.approx(math.sqrt(sum(squares) / len(squares)), rel=1e-5)
    assert result["log-likelihood"] == pytest.approx(sum(densities) / len(densities), rel=1e-5)
    assert not model.training


def test_users_are_matched_by_their_ids() -> None:
    """Numbers mean nothing: the model knows users by their ids."""
    torch.manual_seed(0)
    model = RMTPP(3, 4, 4).eval()
    data = dataset_of([[0, 1, 2]], 3, user_ids=["a", "b", "c"])
    other = dataset_of([[2, 0, 1]], 3, user_ids=["b", "c", "a"])
    model.prepare(data)
    model.user_ids = data.user_ids
    assert evaluate_times(model, data)["log-likelihood"] == evaluate_times(model, other)["log-likelihood"]


def test_hawkes_and_rmtpp_predict_times_better_than_a_constant_rate() -> None:
    """On simulated cascades: excitation beats a constant rate, and RMTPP, which sees users, beats both."""
    train, _, test = cyan_cascades(num_cascades=1000, max_size=8).splits("random")
    trainer = NextUserTrainer(max_epochs=4, learning_rate=0.02, accelerator="cpu", progress=False)
    models = [PoissonProcess().fit(train), HawkesProcess().fit(train), trainer.fit(RMTPP(32, 16, 16), train)]
    results = [evaluate_times(model, test) for model in models]
    poisson, hawkes, rmtpp = (result["log-likelihood"] for result in results)
    assert poisson < hawkes < rmtpp
    assert results[2]["RMSE"] < results[0]["RMSE"]
    assert results[2].value("MAE", answer="median") < results[0].value("MAE", answer="median")
    assert compare_results(results)["model"].tolist() == ["PoissonProcess", "HawkesProcess", "RMTPP"]


@pytest.mark.parametrize(
    ("model", "data", "error", "message"),
    [
        (LSTM(4), DATASET, UsageError, "LSTM does not predict times: it has no time head"),
        (Known(), dataset_of([[0], [1]], 3), DataError, "no cascade has a second event"),
        (HawkesProcess(), DATASET, UsageError, "HawkesProcess was not trained yet"),
    ],
)
def test_models_and_data_that_cannot_be_tested_raise_an_error(
    model: NextUserModel | PointProcess, data: CascadeDataset, error: Any, message: str
) -> None:
    with pytest.raises(error, match=message):
        evaluate_times(model, data)


def test_cascades_of_another_split_raise_an_error() -> None:
    whole = random_dataset([3, 4, 2, 5] * 5, 6)
    model = PoissonProcess().fit(whole.splits("random", seed=0)[0])
    evaluate_times(model, whole.splits("random", seed=0)[2])
    with pytest.raises(UsageError, match="is of another split"):
        evaluate_times(model, whole.splits("random", seed=1)[2])


def test_figures_that_are_not_finite_raise_an_error() -> None:
    model = RMTPP(4, 4, 4)
    torch.nn.init.constant_(model.time_head.log_rate.bias, math.nan)
    with pytest.raises(UsageError, match=r"RMTPP: predicted times are not finite \(RMSE of the mean\)"):
        evaluate_times(model, DATASET)


def test_data_in_another_unit_of_time_have_equal_figures() -> None:
    frame = pd.DataFrame({"user": list("abcabd"), "item": [0, 0, 0, 1, 1, 1], "time": [0.0, 1, 4, 0, 2, 3]})
    model = PoissonProcess().fit(from_pandas(frame, time_unit="h"))
    hours = evaluate_times(model, from_pandas(frame, time_unit="h"), allow_overlap=True)
    frame["time"] *= 3600
    seconds = evaluate_times(model, from_pandas(frame, time_unit="s"), allow_overlap=True)
    assert seconds.metrics["value"].tolist() == pytest.approx(hours.metrics["value"].tolist())
    assert seconds.protocol.time_unit == "h"  # type: ignore[union-attr]


@pytest.mark.parametrize("delays", ["exponential", "rayleigh"])
def test_nothing_predicts_simulated_times_better_than_the_process_that_made_them(delays: Any) -> None:
    dataset = cyan_cascades("core-periphery", delays, num_cascades=2000)
    train, _, test = dataset.splits("random")
    ceiling = evaluate_times(TrueHazards.from_dataset(dataset), test)
    poisson = evaluate_times(PoissonProcess().fit(train), test)
    for metric, answer in (("RMSE", "mean"), ("MAE", "median")):
        assert ceiling.value(metric, answer=answer) < poisson.value(metric, answer=answer)
    assert ceiling["log-likelihood"] > poisson["log-likelihood"] + 0.1
    assert ceiling.counts["intervals beyond the horizon"] == 0
