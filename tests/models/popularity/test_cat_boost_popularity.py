from __future__ import annotations

import builtins
import math
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import torch

from graphcascade.data import PostStream
from graphcascade.errors import DataError, MissingFileError, UsageError
from graphcascade.io import read_tensors, write_tensors
from graphcascade.models import CatBoostPopularity, load_model, save_model
from graphcascade.models.storage import FORMAT_VERSION
from tests.models.popularity.small_stream import part_of, random_stream, with_gaps

STREAM = with_gaps(random_stream(100))
TRAIN, VAL, TEST = STREAM.splits(0.7)
SMALL: dict[str, Any] = {"iterations": 10, "tree_depth": 3, "thread_count": 1, "window": 4}
HISTORIES = ("none", "sliding", "counts")


def ancestors(stream: PostStream, post: int) -> list[int]:
    """The categories of a post, from the coarsest to the finest."""
    above, category = [], int(stream.category[post])
    while category >= 0:
        above.append(category)
        category = int(stream.parent[category])
    return above[::-1]


def same(found: Any, expected: float) -> bool:
    return float(found) == pytest.approx(expected, rel=1e-5, abs=1e-5, nan_ok=True)


@pytest.mark.parametrize("history", HISTORIES)
def test_inputs_of_a_post_are_its_contents_date_user_and_categories(history: Any) -> None:
    model = CatBoostPopularity.of(TRAIN, history=history, **SMALL).fit(TRAIN)
    table = model.table(TEST, TEST.targets)
    store = STREAM["post"]
    for (_, row), post in zip(table.iterrows(), TEST.targets.tolist(), strict=True):
        for name in ("image", "text"):
            for number, value in enumerate(store[f"x_{name}"][post].tolist()):
                assert same(row[f"{name} {number + 1}"], value if store[f"has_{name}"][post] else math.nan)
        for name, value in zip(STREAM.number_names, STREAM.numbers[post].tolist(), strict=True):
            assert same(row[name], value)
        date = datetime.fromtimestamp(float(STREAM.time[post]), tz=timezone.utc)
        assert [row[name] for name in ("month", "day", "weekday", "hour")] == [
            date.month - 1,
            date.day - 1,
            date.weekday(),
            date.hour,
        ]
        user = int(STREAM.user[post])
        assert row["user"] == (user if bool(TRAIN.seen[user]) else STREAM.num_users)
        categories = ancestors(STREAM, post) + [-1] * 3
        assert [row[f"category level {level}"] for level in (1, 2, 3)] == categories[:3]


def test_principal_components_are_those_of_the_training_posts() -> None:
    model = CatBoostPopularity.of(TRAIN, components=2, **SMALL).fit(TRAIN)
    end = int(TRAIN.targets[-1]) + 1
    for name in ("image", "text"):
        x = STREAM["post"][f"x_{name}"][:end][STREAM["post"][f"has_{name}"][:end]].double()
        torch.testing.assert_close(model.inputs.components[name].mean, x.mean(0).float())


@pytest.mark.parametrize("history", HISTORIES)
def test_numbers_of_crawl_time_can_be_left_out(history: Any) -> None:
    model = CatBoostPopularity.of(TRAIN, history=history, crawl_time=False, **SMALL).fit(TRAIN)
    columns = model.table(TEST, TEST.targets).columns
    assert {"latitude", "ispro"} < set(columns)
    assert not [name for name in columns if "followers" in name]


def test_sliding_windows_are_means_over_the_last_posts_of_the_user() -> None:
    model = CatBoostPopularity.of(TRAIN, history="sliding", **SMALL).fit(TRAIN)
    table = model.table(TEST, TEST.targets)
    store = STREAM["post"]
    for (_, row), post in zip(table.iterrows(), TEST.targets.tolist(), strict=True):
        window = [other for other in range(post + 1) if STREAM.user[other] == STREAM.user[post]][-4:]
        images = [float(store.x_image[other, 2]) for other in window if store.has_image[other]]
        assert same(row["mean of image 3"], sum(images) / len(images) if images else math.nan)
        numbers = [float(STREAM.numbers[other, 1]) for other in window if not math.isnan(STREAM.numbers[other, 1])]
        assert same(row["mean of followers"], sum(numbers) / len(numbers) if numbers else math.nan)


@pytest.mark.parametrize("online", [False, True])
@pytest.mark.parametrize("part", ["train", "test"])
@pytest.mark.parametrize("blocks", [0, 4])
def test_counts_are_those_of_earlier_posts(part: str, online: bool, blocks: int) -> None:
    model = CatBoostPopularity.of(TRAIN, history="counts", label_blocks=blocks, **SMALL).fit(TRAIN)
    data = STREAM if online else {"train": TRAIN, "test": TEST}[part]
    posts = {"train": TRAIN, "test": TEST}[part].targets
    table = model.table(data, posts)
    count = TRAIN.targets.numel()
    block = {post: place * blocks // count for place, post in enumerate(TRAIN.targets.tolist())}
    for (_, row), post in zip(table.iterrows(), posts.tolist(), strict=True):
        earlier = [other for other in range(post) if not math.isnan(data.known_y[other])]
        if blocks and post in block:
            earlier = [other for other in earlier if block[other] < block[post]]
        groups = {"user": [other for other in earlier if STREAM.user[other] == STREAM.user[post]]}
        for level, category in enumerate(ancestors(STREAM, post)):
            inside = [other for other in range(post) if category in ancestors(STREAM, other)]
            groups[f"category level {level + 1}"] = [other for other in inside if other in earlier]
            recent = [other for other in inside if other >= post - 4]
            assert row[f"recent posts, category level {level + 1}"] == len(recent)
        for name, group in groups.items():
            mean = sum(float(data.known_y[other]) for other in group) / len(group) if group else math.nan
            assert same(row[f"mean label, {name}"], mean)
            assert row[f"labels, {name}"] == len(group)


@pytest.mark.parametrize("history", HISTORIES)
def test_predictions_do_not_depend_on_later_posts_or_on_the_numbers_of_users(history: Any) -> None:
    model = CatBoostPopularity.of(TRAIN, history=history, **SMALL).fit(TRAIN)
    posts = torch.arange(80, 90)
    expected = model.predict(STREAM, posts)
    assert model.predict(part_of(STREAM, 0, 90), posts).equal(expected)
    single = torch.cat([model.predict(STREAM, posts[number : number + 1]) for number in range(10)])
    assert single.equal(expected)


@pytest.mark.parametrize("history", HISTORIES)
def test_trees_learn_and_are_the_same_for_a_seed(history: Any) -> None:
    stream = random_stream(300)
    y = 6 + 3 * stream.user.float() + torch.where(stream.category == 3, 5.0, 0.0)
    train, _, test = random_stream(300, y=y).splits()
    arguments = SMALL | {"iterations": 100}
    model = CatBoostPopularity.of(train, history=history, **arguments).fit(train)
    error = (model.predict(test, test.targets) - test.target_y).abs().mean()
    assert error < 0.5 * (test.target_y - train.target_y.mean()).abs().mean()
    again = CatBoostPopularity.of(train, history=history, **arguments).fit(train)
    assert again.predict(test, test.targets).equal(model.predict(test, test.targets))
    importances = model.importances()
    assert importances.index[0] in ("user", "mean label, user")
    assert float(importances.sum()) == pytest.approx(100)


def test_a_model_without_uid_does_not_know_the_user() -> None:
    changed = random_stream(100, user=torch.full((100,), 3))
    posts = torch.arange(70, 100)
    for history in HISTORIES:
        model = CatBoostPopularity.of(TRAIN, history=history, uid=False, **SMALL).fit(TRAIN)
        own = part_of(STREAM, 0, 100).with_known_y(TRAIN.known_y)
        other = part_of(changed, 0, 100).with_known_y(TRAIN.known_y)
        model.training_fingerprints = torch.empty(0, dtype=torch.long)
        assert model.predict(own, posts).equal(model.predict(other, posts))


def test_a_saved_model_predicts_the_same_and_its_trees_are_checked(tmp_path: Path) -> None:
    model = CatBoostPopularity.of(TRAIN, **SMALL).fit(TRAIN)
    path = save_model(model, tmp_path / "model.safetensors")
    loaded = load_model(path)
    assert isinstance(loaded, CatBoostPopularity)
    assert "thread_count" not in loaded.config
    assert loaded.predict(TEST, TEST.targets).equal(model.predict(TEST, TEST.targets))
    assert loaded.importances().equals(model.importances())
    tensors, description = read_tensors(path, FORMAT_VERSION)
    for trees, message in (
        (torch.zeros(100, dtype=torch.uint8), "its trees are not in CatBoost's binary format"),
        (tensors["trees.trees"].float(), "trees.trees is torch.float32 instead of torch.uint8"),
    ):
        write_tensors(path, tensors | {"trees.trees": trees}, description, FORMAT_VERSION, overwrite=True)
        with pytest.raises(DataError, match=message):
            load_model(path)
    cut = tensors["trees.trees"][:200].clone()
    write_tensors(path, tensors | {"trees.trees": cut}, description, FORMAT_VERSION, overwrite=True)
    with pytest.raises(UsageError, match="its trees cannot be read"):
        load_model(path).predict(TEST, TEST.targets)  # type: ignore[attr-defined]


def test_without_catboost_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def fail(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "catboost":
            raise ImportError(name)
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", fail)
    with pytest.raises(MissingFileError, match=r"needs catboost, which is not installed: pip install 'graphcascade\[b"):
        CatBoostPopularity.of(TRAIN).fit(TRAIN)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"history": "future"}, "must be one of 'none', 'sliding', 'counts'"),
        ({"window": 0}, "must be at least 1"),
        ({"components": 0}, "must be at least 1"),
        ({"label_blocks": -1}, "must be at least 0"),
        ({"iterations": 0}, "must be at least 1"),
        ({"tree_depth": 17}, "must be between 1 and 16"),
        ({"learning_rate": 0.0}, "must be above 0 and at most 1"),
        ({"image": False, "text": False, "user": False, "category": False}, "there is no input: use images"),
    ],
)
def test_wrong_arguments_raise_an_error(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        CatBoostPopularity.of(TRAIN, **arguments)


def test_streams_that_lack_an_input_raise_an_error() -> None:
    model = CatBoostPopularity.of(TRAIN, **SMALL).fit(TRAIN)
    with pytest.raises(UsageError, match="features x_text of size 5; these posts have none"):
        model.predict(random_stream(20, x_text=None, has_text=None), torch.tensor([1]))
    with pytest.raises(UsageError, match="uses the number 'ispro'"):
        model.predict(random_stream(20, number_names=("latitude", "followers", "other")), torch.tensor([1]))
    with pytest.raises(UsageError, match="was not trained yet"):
        CatBoostPopularity.of(TRAIN).importances()
