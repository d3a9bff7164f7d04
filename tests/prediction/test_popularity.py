from __future__ import annotations

import numpy as np
import pytest
import torch

from graphcascade.errors import UnknownNameError, UsageError
from graphcascade.models import DSN, LSTM, MeanLabel
from graphcascade.prediction import explain_popularity, predict_popularity
from tests.models.popularity.small_stream import random_stream

POST_IDS = np.array([f"post {number}" for number in range(60)], dtype=object)
STREAM = random_stream(post_ids=POST_IDS)
TRAIN, VAL, TEST = STREAM.splits()


def make(calibrated: bool = True, **arguments: object) -> DSN:
    torch.manual_seed(0)
    model = DSN.of(TRAIN, hidden_dim=8, length=4, **arguments)
    model.prepare(TRAIN)
    if calibrated:
        model.calibrate(VAL)
    return model.eval()


def test_a_row_has_label_views_and_the_ends_of_the_interval() -> None:
    model = make()
    table = predict_popularity(model, STREAM, ["post 7", "post 3"], interval=0.8)
    assert table["post"].tolist() == ["post 7", "post 3"]
    assert table["user"].tolist() == STREAM.user_ids[STREAM.user[[7, 3]].numpy()].tolist()
    label = model.predict(STREAM, torch.tensor([7, 3]))
    np.testing.assert_array_equal(table["label"], label)
    np.testing.assert_allclose(table["views"], 2.0 ** label.numpy() - 1, rtol=1e-5)
    low, high = model.interval(0.8)
    np.testing.assert_allclose(table["lower"], label + low)
    np.testing.assert_allclose(table["upper views"], 2.0 ** (label.numpy() + high) - 1, rtol=1e-5)
    assert "lower" not in predict_popularity(make(calibrated=False), STREAM, ["post 7"])


def test_posts_of_new_users_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    users = STREAM.user_ids.copy()
    users[STREAM.user[[7, 3]].numpy()] = ["stranger", "another"]
    other = random_stream(post_ids=POST_IDS, user_ids=users)
    predict_popularity(make(), other, ["post 7", "post 3"])
    assert "2 of 2 posts are by users who are new to the model" in caplog.text
    caplog.clear()
    model = MeanLabel.of(TRAIN).fit(TRAIN)
    model.hides_users = True
    predict_popularity(model, other, ["post 7"])
    assert not caplog.records


def test_posts_without_earlier_posts_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    new = random_stream(post_ids=np.array([f"new {post}" for post in range(60)], dtype=object))
    predict_popularity(make(), new, ["new 1", "new 2", "new 3"])
    assert "2 of 3 posts have fewer than 3 posts before them, which DSN reads; add the earlier posts" in caplog.text
    caplog.clear()
    predict_popularity(make(), STREAM, ["post 1"])  # nothing was before the first posts of the training
    predict_popularity(MeanLabel.of(TRAIN).fit(TRAIN), new, ["new 1"])
    assert not caplog.records


def test_earlier_posts_have_their_weights() -> None:
    model = make()
    table = explain_popularity(model, STREAM, ["post 7", "post 1"])
    assert table["target"].tolist() == ["post 7"] * 4 + ["post 1"] * 2
    assert table["post"].tolist() == ["post 4", "post 5", "post 6", "post 7", "post 0", "post 1"]
    (batch,) = model.batches(STREAM)
    weights = model.attention_weights(batch)[batch.is_target][7, :3].tolist()
    np.testing.assert_allclose(table["weight"], [*weights, np.nan, 1, np.nan], rtol=1e-5)
    names = np.append(STREAM.category_ids, "")
    assert table["category"].tolist() == names[STREAM.category[[4, 5, 6, 7, 0, 1]].numpy()].tolist()
    best = int(np.argmax(weights))
    shown = predict_popularity(model, STREAM, ["post 7", "post 0"])["earlier posts"]
    assert shown[0].startswith(f"post {4 + best} ({weights[best]:.2f}), ")
    assert shown[1] == ""


def test_by_default_posts_without_a_label_are_predicted() -> None:
    y = STREAM.y.clone()
    y[[5, 59]] = torch.nan
    stream = random_stream(post_ids=POST_IDS, y=y)
    assert predict_popularity(make(), stream)["post"].tolist() == ["post 5", "post 59"]
    assert predict_popularity(make(), TEST)["post"].tolist() == [f"post {number}" for number in range(54, 60)]
    floor = MeanLabel.of(TRAIN).fit(TRAIN)
    assert "earlier posts" not in predict_popularity(floor, TEST)


def test_unknown_posts_and_other_models_raise_an_error() -> None:
    with pytest.raises(UnknownNameError, match="posts has no post 'post 60'"):
        predict_popularity(make(), STREAM, ["post 60"])
    with pytest.raises(UsageError, match="posts='post 3': give a list of ids"):
        predict_popularity(make(), STREAM, "post 3")
    with pytest.raises(UsageError, match="interval=1: must be between 0 and 1"):
        predict_popularity(make(), STREAM, interval=1)
    with pytest.raises(UsageError, match="LSTM does not predict the popularity of posts"):
        predict_popularity(LSTM(3), STREAM)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="stream: must be a PostStream"):
        predict_popularity(make(), [1])  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="DSN does not weigh earlier posts"):
        explain_popularity(make(long_term=False), STREAM)


def test_times_without_a_unit_are_a_warning_if_those_of_the_training_have_one(caplog: pytest.LogCaptureFixture) -> None:
    model = make()
    model.time_unit = "s"
    predict_popularity(model, STREAM, ["post 7"])
    assert "have no unit" not in caplog.text
    without = random_stream(post_ids=POST_IDS, time_unit=None)
    predict_popularity(model, without, ["post 7"])
    assert "its times have no unit, and those of the model's training have one; they are taken as" in caplog.text
    caplog.clear()
    model.time_unit = None
    predict_popularity(model, without, ["post 7"])
    assert "have no unit" not in caplog.text
