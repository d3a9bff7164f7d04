from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
import torch

from graphcascade.errors import DataError, UsageError
from graphcascade.prediction import predict_next_users
from tests.evaluation.fixed_scores import SCORES, USERS, counter, neural, three_cascades
from tests.models.small_data import dataset_of, random_dataset


def named(frame: pd.DataFrame) -> dict[int, list[str]]:
    return {cascade: rows["user"].tolist() for cascade, rows in frame.groupby("cascade")}


@pytest.mark.parametrize("make", [counter, neural])
def test_the_likeliest_users_who_are_not_in_the_cascade_are_predicted(make: Any) -> None:
    frame = predict_next_users(make(), three_cascades(), 2)
    assert list(frame.columns) == ["cascade", "item", "rank", "user", "score"]
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
        alone = predict_next_users(neural(), data[[number]], 2)
        rows = whole[whole["cascade"] == number].reset_index(drop=True)
        assert rows.drop(columns=["cascade", "score"]).equals(alone.drop(columns=["cascade", "score"]))


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
