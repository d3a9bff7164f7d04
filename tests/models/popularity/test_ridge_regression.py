from __future__ import annotations

import math
from datetime import datetime, timezone

import pytest
import torch
from torch import Tensor

from graphcascade.data import PostStream
from graphcascade.errors import UsageError
from graphcascade.models import CategoryMean, MeanLabel, RidgeRegression
from tests.models.popularity.small_stream import part_of, random_stream, with_gaps

STREAM = with_gaps(random_stream(80))
TRAIN, VAL, TEST = STREAM.splits(0.7)


def literal_inputs(stream: PostStream, end: int) -> Tensor:
    """The inputs of all posts in plain loops; means and deviations are over the posts before ``end``."""
    store, rows = stream["post"], []
    for post in range(stream.num_posts):
        row: list[float] = []
        for name in ("image", "text"):
            x, there = store[f"x_{name}"].double(), store[f"has_{name}"]
            known = x[:end][there[:end]]
            if there[post]:
                row += ((x[post] - known.mean(0)) / known.std(0, correction=0)).tolist()
            else:
                row += [0.0] * x.size(1)
            row.append(float(not there[post]))
        scores, missing = [], []
        for column in range(stream.numbers.size(1)):
            known = stream.numbers[:end, column].double()
            known = known[~known.isnan()]
            value = float(stream.numbers[post, column])
            missing.append(float(math.isnan(value)))
            score = (value - float(known.mean())) / float(known.std(correction=0))
            scores.append(0.0 if math.isnan(value) else score)
        row += scores + missing
        date = datetime.fromtimestamp(float(stream.time[post]), tz=timezone.utc)
        for value, size in ((date.month - 1, 12), (date.day - 1, 31), (date.hour, 24)):
            row += [float(value == number) for number in range(size)]
        inside = set()
        category = int(stream.category[post])
        while category >= 0:
            inside.add(category)
            category = int(stream.parent[category])
        row += [float(number in inside) for number in range(stream.num_categories)]
        rows.append(row)
    return torch.tensor(rows, dtype=torch.float64)


@pytest.mark.parametrize("penalty", [0.5, 100.0])
def test_predictions_are_those_of_the_closed_form(penalty: float) -> None:
    model = RidgeRegression.of(TRAIN, penalty=penalty).fit(TRAIN)
    x = literal_inputs(STREAM, int(TRAIN.targets[-1]) + 1)
    own, y = x[TRAIN.targets], TRAIN.target_y.double()
    centered = own - own.mean(0)
    gram = centered.T @ centered + penalty * torch.eye(x.size(1), dtype=torch.float64)
    weight = torch.linalg.inv(gram) @ centered.T @ (y - y.mean())
    expected = (x - own.mean(0)) @ weight + y.mean()
    found = model.predict(TEST, torch.arange(80))
    torch.testing.assert_close(found, expected.float(), rtol=1e-4, atol=1e-4)


def test_the_penalty_is_the_best_for_the_last_training_posts() -> None:
    model = RidgeRegression.of(TRAIN).fit(TRAIN)
    y, targets = TRAIN.y, TRAIN.targets
    split = targets.numel() - targets.numel() // 10
    errors = {}
    features = literal_inputs(STREAM, int(targets[-1]) + 1)
    for power in range(-1, 7):
        own, label = features[targets[:split]], y[targets[:split]].double()
        centered = own - own.mean(0)
        gram = centered.T @ centered + 10.0**power * torch.eye(own.size(1), dtype=torch.float64)
        weight = torch.linalg.solve(gram, centered.T @ (label - label.mean()))
        late = (features[targets[split:]] - own.mean(0)) @ weight + label.mean()
        errors[power] = float((late - y[targets[split:]]).square().mean())
    assert float(model.chosen_penalty) == pytest.approx(10.0 ** min(errors, key=errors.__getitem__))


def test_a_linear_label_is_found_and_noise_is_not() -> None:
    stream = random_stream(300)
    y = 6 + 2 * stream["post"].x_image[:, 1] + torch.where(stream.category == 3, 5.0, 0.0)
    linear = random_stream(300, y=y)
    train, _, test = linear.splits()
    model = RidgeRegression.of(train, penalty=1e-3).fit(train)
    assert float((model.predict(test, test.targets) - test.target_y).abs().mean()) < 0.01
    train, _, test = random_stream(300).splits()
    assert float(RidgeRegression.of(train).fit(train).chosen_penalty) >= 100


def test_numbers_of_users_and_categories_make_no_difference() -> None:
    model = RidgeRegression.of(TRAIN).fit(TRAIN)
    begin = int(TEST.targets[0])
    alone = part_of(STREAM, begin, 80)
    posts = torch.arange(alone.num_posts)
    found, expected = model.predict(alone, posts), model.predict(STREAM, posts + begin)
    torch.testing.assert_close(found, expected)
    single = torch.cat([model.predict(alone, posts[number : number + 1]) for number in range(posts.numel())])
    torch.testing.assert_close(single, expected)


def test_inputs_can_be_left_out() -> None:
    assert RidgeRegression.of(TRAIN).features.numbers == ["latitude", "followers", "ispro"]
    assert RidgeRegression.of(TRAIN, crawl_time=False).features.numbers == ["latitude", "ispro"]
    only = RidgeRegression.of(TRAIN, image=False, text=False, user=False)
    assert only.weight.numel() == STREAM.num_categories
    with pytest.raises(UsageError, match="has no input"):
        RidgeRegression.of(TRAIN, image=False, text=False, user=False, category=False)


@pytest.mark.parametrize("kind", [RidgeRegression, CategoryMean])
def test_posts_without_the_categories_of_the_training_are_reported(
    kind: type[RidgeRegression | CategoryMean], caplog: pytest.LogCaptureFixture
) -> None:
    other = random_stream(80, category=None, parent=None, category_ids=None)
    model = kind.of(TRAIN).fit(TRAIN)
    assert not caplog.records
    assert model.predict(other, torch.tensor([1])).isfinite().all()
    assert f"{kind.__name__} uses categories; these posts have none. Name their columns" in caplog.text


def test_wrong_input_raises_an_error() -> None:
    with pytest.raises(UsageError, match="must be positive"):
        RidgeRegression.of(TRAIN, penalty=0.0)
    model = RidgeRegression.of(TRAIN).fit(TRAIN)
    other = random_stream(20, x_text=None, has_text=None)
    with pytest.raises(UsageError, match="features x_text of size 5; these posts have none"):
        model.predict(other, torch.tensor([1]))
    other = random_stream(20, number_names=("latitude", "followers", "other"))
    with pytest.raises(UsageError, match="uses the number 'ispro'"):
        model.predict(other, torch.tensor([1]))
    assert isinstance(MeanLabel.of(TRAIN).fit(TRAIN).predict(TEST, torch.tensor([], dtype=torch.long)), Tensor)
