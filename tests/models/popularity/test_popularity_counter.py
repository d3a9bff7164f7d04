"""Floors equal plain loops over the labels of earlier posts."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

from graphcascade.data import PostStream
from graphcascade.errors import DataError, UsageError
from graphcascade.models import CategoryMean, LastLabel, MeanLabel, UserMean
from graphcascade.models.popularity import PopularityCounter, TrueMean
from tests.models.popularity.small_stream import part_of, random_stream, with_gaps

STREAM = with_gaps(random_stream())
TRAIN, VAL, TEST = STREAM.splits()


def known_before(stream: PostStream, post: int) -> list[int]:
    return [other for other in range(post) if not math.isnan(stream.known_y[other])]


def mean(stream: PostStream, posts: list[int]) -> float:
    return sum(float(stream.known_y[post]) for post in posts) / len(posts) if posts else math.nan


def literal_user_mean(stream: PostStream, post: int) -> float:
    return mean(stream, [other for other in known_before(stream, post) if stream.user[other] == stream.user[post]])


def literal_last_label(stream: PostStream, post: int) -> float:
    return mean(stream, [other for other in known_before(stream, post) if stream.user[other] == stream.user[post]][-1:])


def literal_category_mean(stream: PostStream, post: int) -> float:
    category = int(stream.category[post])
    while category >= 0:
        same = []
        for other in known_before(stream, post):
            above = int(stream.category[other])
            while above >= 0 and above != category:
                above = int(stream.parent[above])
            if above == category:
                same.append(other)
        if same:
            return mean(stream, same)
        category = int(stream.parent[category])
    return math.nan


RULES: dict[type[PopularityCounter], Callable[[PostStream, int], float]] = {
    MeanLabel: lambda stream, post: math.nan,
    UserMean: literal_user_mean,
    LastLabel: literal_last_label,
    CategoryMean: literal_category_mean,
}


@pytest.mark.parametrize("counter", RULES)
@pytest.mark.parametrize("online", [False, True])
def test_predictions_are_those_of_a_plain_loop(counter: type[PopularityCounter], online: bool) -> None:
    data = TEST.with_known_y(TEST.y) if online else TEST
    model = counter.of(TRAIN).fit(TRAIN)
    predicted = model.predict(data, data.targets)
    for value, post in zip(predicted.tolist(), data.targets.tolist(), strict=True):
        expected = RULES[counter](data, post)
        expected = mean(data, known_before(data, post)) if math.isnan(expected) else expected
        assert value == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("counter", RULES)
def test_training_posts_see_earlier_labels_only(counter: type[PopularityCounter]) -> None:
    model = counter.of(TRAIN).fit(TRAIN)
    posts = torch.arange(1, int(TRAIN.targets[-1]) + 1)  # the first one has no label before it
    assert bool(TRAIN.y[posts].isnan().any())  # posts without a label are among them
    for value, post in zip(model.predict(TRAIN, posts).tolist(), posts.tolist(), strict=True):
        expected = RULES[counter](TRAIN, post)
        expected = mean(TRAIN, known_before(TRAIN, post)) if math.isnan(expected) else expected
        assert value == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("counter", RULES)
def test_a_stream_without_the_labels_of_training_has_the_same_predictions(counter: type[PopularityCounter]) -> None:
    model = counter.of(TRAIN).fit(TRAIN)
    unlabelled = TEST.with_known_y(torch.full_like(TEST.y, math.nan))
    assert model.predict(unlabelled, TEST.targets).allclose(model.predict(TEST, TEST.targets), atol=1e-5)


@pytest.mark.parametrize("counter", RULES)
def test_predictions_do_not_depend_on_the_other_posts_to_predict(counter: type[PopularityCounter]) -> None:
    model = counter.of(TRAIN).fit(TRAIN)
    posts = torch.randperm(STREAM.num_posts, generator=torch.Generator().manual_seed(0))
    together = model.predict(TEST, posts)
    assert torch.cat([model.predict(TEST, post.view(1)) for post in posts]).equal(together)


@pytest.mark.parametrize("counter", RULES)
def test_posts_of_a_stream_without_the_training_posts_have_the_same_predictions(
    counter: type[PopularityCounter],
) -> None:
    begin = int(TEST.targets[0])
    alone = part_of(STREAM, begin, STREAM.num_posts)
    model = counter.of(TRAIN).fit(TRAIN)
    frozen = alone.with_known_y(torch.full_like(alone.y, math.nan))
    posts = torch.arange(alone.num_posts)
    assert model.predict(frozen, posts).allclose(model.predict(TEST, posts + begin), atol=1e-5)


@pytest.mark.parametrize("counter", RULES)
def test_later_labels_make_no_difference(counter: type[PopularityCounter]) -> None:
    model = counter.of(TRAIN).fit(TRAIN)
    online = STREAM.with_known_y(STREAM.y)
    middle = int(TEST.targets[0]) + 2
    changed = STREAM.y.clone()
    changed[middle:] = 100
    posts = torch.arange(middle + 1)
    assert model.predict(STREAM.with_known_y(changed), posts).equal(model.predict(online, posts))


def test_a_floor_without_users_predicts_from_all_labels() -> None:
    model = UserMean.of(TRAIN).fit(TRAIN)
    model.hides_users = True
    assert model.predict(TEST, TEST.targets).allclose(TRAIN.target_y.mean(), atol=1e-5)


def test_the_true_mean_is_that_of_the_stream() -> None:
    stream = random_stream(true_mean=torch.arange(60.0))
    train, _, test = stream.splits()
    assert TrueMean.of(train).fit(train).predict(test, torch.tensor([5, 3])).tolist() == [5, 3]
    with pytest.raises(UsageError, match="no expected labels; only simulated posts"):
        TrueMean.of(TRAIN).fit(TRAIN)


def test_wrong_input_raises_an_error() -> None:
    with pytest.raises(UsageError, match="was not trained yet: call fit"):
        MeanLabel.of(TRAIN).predict(TEST, TEST.targets)
    with pytest.raises(UsageError, match="this is the test part of a split; train on the train part"):
        MeanLabel.of(TRAIN).fit(TEST)
    with pytest.raises(UsageError, match="the model has 3 users, the stream posts has 9"):
        MeanLabel(3, 9).fit(TRAIN)
    with pytest.raises(DataError, match="no post has a label"):
        MeanLabel.of(STREAM).fit(random_stream(y=torch.full((60,), math.nan)))
    model = MeanLabel.of(TRAIN).fit(TRAIN)
    with pytest.raises(UsageError, match="has the posts 0 to 59"):
        model.predict(TEST, torch.tensor([60]))
    with pytest.raises(UsageError, match="must be a PostStream"):
        model.fit([1])  # type: ignore[arg-type]
