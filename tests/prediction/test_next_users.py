from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from graphcascade.data import CascadeDataset
from graphcascade.errors import DataError, UsageError
from graphcascade.io import from_pandas
from graphcascade.models import RMTPP
from graphcascade.nn import LogLinearTimeHead
from graphcascade.prediction import predict_next_users
from tests.evaluation.fixed_scores import SCORES, USERS, counter, neural, three_cascades
from tests.models.small_data import dataset_of, random_dataset


def named(frame: pd.DataFrame) -> dict[int, list[str]]:
    return {cascade: rows["user"].tolist() for cascade, rows in frame.groupby("cascade")}


@pytest.mark.parametrize("make", [counter, neural])
def test_the_likeliest_users_who_are_not_in_the_cascade_are_predicted(make: Any) -> None:
    frame = predict_next_users(make(), three_cascades(), 2)
    assert list(frame.columns) == ["cascade", "item", "rank", "user", "score", "state"]
    found = named(frame)
    assert found[0] == ["u1", "u3"]
    assert found[1][0] == "u0"
    assert found[1][1] in ("u2", "u3")  # they tie
    assert found[2] == ["u1", "u2"]
    assert frame["rank"].tolist() == [1, 2] * 3
    assert frame["item"].tolist() == ["item 0"] * 2 + ["item 1"] * 2 + ["item 2"] * 2
    assert frame.index.tolist() == list(range(6))


@pytest.mark.parametrize("make", [counter, neural])
def test_fewer_than_k_users_are_predicted_if_fewer_are_left(make: Any) -> None:
    everybody = dataset_of([[0, 1, 2, 3, 4, 5], [3, 2, 1, 0]], USERS)
    frame = predict_next_users(make(), everybody, USERS)
    assert named(frame) == {1: ["u4", "u5"]}
    assert frame["rank"].tolist() == [1, 2]


def test_scores_are_probabilities_if_the_model_has_them() -> None:
    total = sum(math.exp(SCORES[user]) for user in (1, 3, 5))
    frame = predict_next_users(neural(), three_cascades()[:1], 3)
    assert frame["score"].tolist() == pytest.approx([math.exp(SCORES[user]) / total for user in (1, 3, 5)])
    frame = predict_next_users(neural(end=2.0), three_cascades()[:1], 3)
    assert frame["score"].sum() == pytest.approx(total / (total + math.exp(2.0)))
    everybody = sum(map(math.exp, SCORES))
    frame = predict_next_users(neural(mask_infected=False), three_cascades()[:1], 3)
    assert frame["score"].sum() == pytest.approx(total / everybody)
    assert predict_next_users(counter(), three_cascades()[:1], 3)["score"].tolist() == [4, 3, 0]


@pytest.mark.parametrize("make", [counter, neural])
def test_unknown_users_and_differently_numbered_users_are_accepted(make: Any) -> None:
    data = dataset_of([[0, 1, 2], [3]], 4, user_ids=["stranger", "u0", "u4", "u1"])
    frame = predict_next_users(make(), data, 2)
    assert named(frame)[0][0] == "u1"
    assert named(frame)[1][0] == "u0"
    with pytest.raises(DataError, match="none of its 1 users is known"):
        predict_next_users(make(), dataset_of([[0]], 1, user_ids=["x"]), 2)


def test_predictions_do_not_depend_on_the_batch() -> None:
    data = random_dataset([1, 4, 2] * 60, USERS)
    whole = predict_next_users(neural(), data, 2)
    for number in (0, 127, 128, 179):
        alone = predict_next_users(neural(), data[[number]], 2, float(data.table.time.max()))
        rows = whole[whole["cascade"] == number].reset_index(drop=True)
        others = ["cascade", "score", "state"]  # the model was not trained, so that the state depends on all cascades
        assert rows.drop(columns=others).equals(alone.drop(columns=others))


def test_bad_input_raises_an_error() -> None:
    for k in (0, 7):
        with pytest.raises(UsageError, match=f"k={k}: must be from 1 to the number of users, 6"):
            predict_next_users(counter(), three_cascades(), k)
    with pytest.raises(UsageError, match="has no cascade"):
        predict_next_users(counter(), three_cascades()[:0], 2)
    diverged = neural()
    with torch.no_grad():
        diverged.readout.weight.fill_(math.nan)
    with pytest.raises(UsageError, match="not finite"):
        predict_next_users(diverged, three_cascades(), 2)


@pytest.mark.parametrize("training", [True, False])
def test_the_training_mode_of_the_model_is_restored(training: bool) -> None:
    model = neural().train(training)
    predict_next_users(model, three_cascades(), 2)
    assert model.training == training


def test_unknown_users_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    predict_next_users(counter(), dataset_of([[0, 6], [7], [1, 2]], 8), k=1)
    assert "the model does not know 2 of 5 users; 1 of 3 cascades have only such users" in caplog.text


def timed() -> RMTPP:
    """Returns a model whose time until the next event is exponentially distributed with the mean 2."""
    torch.manual_seed(0)
    model = RMTPP(USERS, dim=4, hidden=4, horizon=None)
    head = model.time_head
    assert isinstance(head, LogLinearTimeHead)
    with torch.no_grad():
        head.log_rate.weight.zero_()
        head.log_rate.bias.fill_(-math.log(2))
    model.user_ids = np.array([f"u{k}" for k in range(USERS)], dtype=object)
    model.seen = torch.ones(USERS, dtype=torch.bool)
    return model


def events(times: list[list[float]]) -> CascadeDataset:
    rows = [(f"u{k}", f"item {c}", t) for c, cascade in enumerate(times) for k, t in enumerate(cascade)]
    return from_pandas(pd.DataFrame(rows, columns=["user", "item", "time"]))


def test_predicted_times_are_not_in_the_past() -> None:
    """A constant intensity has no memory: the next event of each cascade is expected 2 after now."""
    data = events([[0.0, 1.0], [3.0, 9.0], [5.0]])
    frame = predict_next_users(timed(), data, 1)
    assert frame["time"].tolist() == pytest.approx([11.0, 11.0, 11.0])
    frame = predict_next_users(timed(), data, 1, now=100.0)
    assert frame["time"].tolist() == pytest.approx([102.0, 102.0, 102.0])
    with pytest.raises(UsageError, match=r"now=8\.0: 1 of 3 cascades have later events, until 9; leave them out"):
        predict_next_users(timed(), data, 1, now=8.0)
    with pytest.raises(UsageError, match=r"now=nan: must be finite"):
        predict_next_users(timed(), data, 1, now=math.nan)
    with pytest.raises(
        UsageError, match=r"now=5\.0: has no effect on cascades, because all cascades begin at the same"
    ):
        predict_next_users(timed(), events([[0.0, 1.0], [0.0]]), 1, now=5.0)
    assert predict_next_users(timed(), events([[0.0, 1.0], [0.0]]), 1)["time"].tolist() == pytest.approx([3.0, 2.0])


def test_cascades_that_have_been_silent_for_long_are_finished(caplog: pytest.LogCaptureFixture) -> None:
    model = timed()
    model.long_wait = 4.0
    caplog.set_level("INFO")
    frame = predict_next_users(model, events([[0.0, 1.0], [3.0, 5.0], [5.0, 9.0]]), 1)
    assert frame["state"].tolist() == ["finished", "open", "open"]
    assert "1 of 3 cascades are finished: they have been silent for more than 4, as only a tenth" in caplog.text
    model.long_wait = 16_560.4
    predict_next_users(model, events([[0.0, 1.0], [30_000.0, 30_001.0]]), 1)
    assert "they have been silent for more than 16,560, as only a tenth" in caplog.text
    model.long_wait = 4.0
    assert model.time_head is not None
    model.time_head.horizon.fill_(8.0)
    frame = predict_next_users(model, events([[0.0, 1.0], [3.0, 5.0], [5.0, 9.0]]), 1)
    assert math.isnan(frame["time"][0])
    assert (frame["time"][1:] > 9).all()
    assert (frame["time"][1:] < [13.0, 17.0]).all()


def test_times_and_states_are_in_the_unit_of_the_data() -> None:
    model = timed()
    data = events([[0.0, 60.0], [180.0, 540.0]])
    data = CascadeDataset(replace(data.table, time_unit="s"))
    model.time_unit, model.long_wait = "min", 7.9
    frame = predict_next_users(model, data, 1, now=600.0)
    assert frame["time"].tolist() == pytest.approx([720.0, 720.0])
    assert frame["state"].tolist() == ["finished", "open"]


@pytest.mark.parametrize(("of_model", "of_data", "text"), [("s", None, "no unit"), (None, "s", "have none")])
def test_without_a_unit_nothing_is_said_about_open_cascades(
    of_model: str | None, of_data: str | None, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    model = neural()
    model.time_unit, model.long_wait = of_model, 4.0
    data = CascadeDataset(replace(three_cascades().table, time_unit=of_data))
    assert "state" not in predict_next_users(model, data, 1)
    assert text in caplog.text
    model.time_unit = of_data
    assert "state" in predict_next_users(model, data, 1)
