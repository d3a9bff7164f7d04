from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.models import CategoryMean
from graphcascade.models.popularity import stream_sizes
from tests.models.popularity.linear_model import LinearModel
from tests.models.popularity.small_stream import (
    PARENT,
    assert_no_later_post_matters,
    assert_overfits,
    assert_runs_and_single_posts_agree,
    in_double,
    random_stream,
)

STREAM = random_stream()
TRAIN, VAL, TEST = STREAM.splits()


def make(train: bool = True, **arguments: Any) -> LinearModel:
    torch.manual_seed(0)
    model = LinearModel(**{**stream_sizes(STREAM), "length": 3, **arguments})
    model._take_categories(STREAM)
    if train:
        model.prepare(TRAIN)
    return model.eval()


def test_windows_end_with_their_posts() -> None:
    for length in (1, 3, 8):
        model = make(length=length)
        assert_no_later_post_matters(model, STREAM, 30)
        assert_no_later_post_matters(model, STREAM, 1)
    assert_runs_and_single_posts_agree(in_double(make()), VAL)
    assert_overfits(make(train=False), TRAIN)


@torch.no_grad()
def test_inputs_are_standardised_with_the_training_posts() -> None:
    model = make()
    assert float(model.y_mean) == pytest.approx(float(TRAIN.target_y.mean()))
    end = int(TRAIN.targets[-1]) + 1
    for name, layer in (("image", model.image), ("text", model.text)):
        rows = STREAM["post"][f"x_{name}"][:end][STREAM["post"][f"has_{name}"][:end]]
        torch.testing.assert_close(layer.mean, rows.mean(0))
        torch.testing.assert_close(1 / layer.inverse_std, rows.std(0, correction=0))
    numbers = STREAM.numbers[:end, 0]
    assert float(model.users.mean[0]) == pytest.approx(float(numbers[~numbers.isnan()].mean()), rel=1e-5)
    assert make(crawl_time=False).numbers == ["latitude", "ispro"]


def renamed(**changes: Any) -> Any:
    """The same stream with users and categories in the opposite order."""
    last = len(PARENT) - 1
    parent = torch.where(PARENT < 0, -1, last - PARENT).flip(0)
    return random_stream(
        user=STREAM.num_users - 1 - STREAM.user,
        user_ids=STREAM.user_ids[::-1].copy(),
        category=torch.where(STREAM.category < 0, -1, last - STREAM.category),
        parent=parent,
        category_ids=STREAM.category_ids[::-1].copy(),
        numbers=STREAM.numbers[:, [2, 0, 1]],
        number_names=("ispro", "latitude", "followers"),
        **changes,
    )


def test_users_categories_and_numbers_of_another_stream_are_matched_by_name() -> None:
    model = make()
    posts = torch.arange(STREAM.num_posts)
    torch.testing.assert_close(model.predict(renamed(), posts), model.predict(STREAM, posts), rtol=0, atol=0)


def test_users_who_are_new_or_only_in_the_test_share_the_unknown_row() -> None:
    user = STREAM.user.clone()
    user[VAL.targets[0] :] = 8
    user[: VAL.targets[0]].clamp_(max=7)
    train = random_stream(user=user).splits()[0]
    model = make(train=False)
    model.prepare(train)
    assert model.match_users(STREAM).tolist() == [*range(8), 9]
    ids = STREAM.user_ids.copy()
    ids[2] = "somebody new"
    assert model.match_users(random_stream(user_ids=ids)).tolist() == [0, 1, 9, 3, 4, 5, 6, 7, 9]


def test_a_new_category_has_the_row_of_its_parent_or_none(caplog: pytest.LogCaptureFixture) -> None:
    model = make()
    ids = STREAM.category_ids.copy()
    ids[[3, 7]] = "new middle", "new leaf"  # below category 0
    stream = random_stream(category_ids=ids)
    posts = torch.arange(60)
    with caplog.at_level(logging.WARNING):
        rows = model.match_categories(stream, posts)
    assert rows.tolist() == [0, 1, 2, 0, 4, 5, 6, 0, 8]
    count = int(((STREAM.category == 3) | (STREAM.category == 7)).sum())
    assert f"{count} of 60 posts are in categories that are new to the model; their nearest known" in caplog.text
    ids[0] = "new root"
    stream = random_stream(category_ids=ids)
    lost = torch.isin(STREAM.category, torch.tensor([0, 3, 7])).nonzero().view(-1)
    caplog.clear()
    rows = model.match_categories(stream, posts)
    assert rows.tolist() == [-1, 1, 2, -1, 4, 5, 6, -1, 8]
    assert f"{len(lost)} of 60 posts are in categories that are new to the model, as are all above" in caplog.text
    assert "nearest known parent" not in caplog.text
    without = random_stream(
        category=STREAM.category.masked_fill(torch.isin(STREAM.category, torch.tensor([0, 3, 7])), -1)
    )
    torch.testing.assert_close(model.predict(stream, posts), model.predict(without, posts), rtol=0, atol=0)


def test_posts_in_new_categories_are_counted_among_those_to_predict(caplog: pytest.LogCaptureFixture) -> None:
    ids = STREAM.category_ids.copy()
    ids[7] = "new leaf"
    stream = random_stream(category_ids=ids)
    *_, before, _, _ = (STREAM.category == 7).nonzero().view(-1).tolist()
    posts = torch.arange(before + 1, 60)  # the first window has the post before them, too
    text = "posts are in categories that are new to the model; their nearest known parent is used."
    for model in (make(), CategoryMean.of(TRAIN).fit(TRAIN)):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            model.predict(stream, posts)
        found = [message.partition(": ")[2] for message in caplog.messages if "categories" in message]
        assert found == [f"2 of {len(posts)} {text}"]


def test_a_category_without_training_posts_has_the_row_of_its_parent() -> None:
    category = STREAM.category.clone()
    is_train = torch.arange(60) <= TRAIN.targets[-1]
    category[is_train & torch.isin(category, torch.tensor([1, 3, 4, 7, 8]))] = 0
    stream = random_stream(category=category)
    train, val, _ = stream.splits()
    model = make(train=False)
    model.prepare(train)
    assert model.category_seen.nonzero().view(-1).tolist() == [0, 2, 5, 6]
    rows = model.match_categories(stream, torch.arange(60))
    assert rows.tolist() == [0, -1, 2, 0, -1, 5, 6, 0, -1]  # 1, 4 and 8 are a tree without training posts
    replaced = random_stream(category=torch.where(category < 0, -1, rows[category]))
    expected = model.predict(replaced, val.targets)
    torch.testing.assert_close(model.predict(stream, val.targets), expected, rtol=0, atol=0)
    assert torch.isin(stream.category[val.targets], torch.tensor([1, 3, 4, 7, 8])).any()


def test_a_stream_without_the_features_of_the_training_raises_an_error() -> None:
    model = make()
    posts = torch.tensor([3])
    with pytest.raises(UsageError, match="was made for features x_image of size 6; these posts have none"):
        model.predict(random_stream(x_image=None), posts)
    with pytest.raises(UsageError, match="x_text of size 5; these posts have features of size 2"):
        model.predict(random_stream(x_text=torch.ones(60, 2)), posts)
    with pytest.raises(
        UsageError, match=r"LinearModel uses categories; these posts have none\. Name .* \(--categories\)"
    ):
        model.predict(random_stream(category=None, parent=None, category_ids=None), posts)
    with pytest.raises(UsageError, match="uses the number 'ispro', which these posts do not have"):
        model.predict(random_stream(numbers=STREAM.numbers[:, :2], number_names=("latitude", "followers")), posts)
    with pytest.raises(UsageError, match="posts=60: posts has 60 posts"):
        model.predict(STREAM, torch.tensor([60]))
    assert model.predict(STREAM, torch.tensor([], dtype=torch.long)).shape == (0,)


def test_wrong_training_data_raise_an_error() -> None:
    with pytest.raises(UsageError, match="this is the val part of a split; train on the train part"):
        make(train=False).prepare(VAL)
    with pytest.raises(UsageError, match="the model has 9 users, the stream has 5"):
        make(train=False).prepare(random_stream(users=5))
    ids = np.array([f"other {number}" for number in range(9)], dtype=object)
    with pytest.raises(UsageError, match="other users or categories than the trained model"):
        make().prepare(random_stream(user_ids=ids))
    with pytest.raises(UsageError, match="length=0: must be at least 1"):
        make(length=0)
    with pytest.raises(UsageError, match="LinearModel has no input"):
        make(image=False, text=False, category=False, user=False)


def test_intervals_come_from_the_residuals_of_the_validation() -> None:
    stream = random_stream(posts=2000)
    train, val, _ = stream.splits(0.5, 0.4)
    model = LinearModel(**stream_sizes(stream))
    assert model.interval(0.9) is None
    model.prepare(train)
    model.calibrate(val)
    low, high = model.interval(0.9)
    residual = val.target_y - model.predict(val, val.targets)
    assert float(((residual >= low) & (residual <= high)).float().mean()) == pytest.approx(0.9, abs=0.005)
    assert model.coverage(0.9) == pytest.approx(0.9, abs=0.04)
