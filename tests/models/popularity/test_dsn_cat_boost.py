from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from graphcascade.data import PostStream
from graphcascade.errors import UsageError
from graphcascade.models import DSN, CatBoostPopularity, DSNCatBoost, load_model, save_model
from graphcascade.trainers import PopularityTrainer
from tests.models.popularity.small_stream import random_stream, with_gaps

SMALL: dict[str, Any] = {
    "hidden_dim": 8,
    "uid_dim": 4,
    "length": 3,
    "iterations": 10,
    "tree_depth": 3,
    "thread_count": 1,
}


def parts(posts: int = 100) -> tuple[PostStream, PostStream, PostStream]:
    return with_gaps(random_stream(posts)).splits(0.7)


def fitted(folds: int = 3, **arguments: Any) -> tuple[DSNCatBoost, tuple[PostStream, PostStream, PostStream]]:
    streams = parts()
    torch.manual_seed(0)
    model = DSNCatBoost.of(streams[0], folds=folds, **SMALL, **arguments)
    PopularityTrainer(max_epochs=2, batch_size=16, progress=False).fit(model, *streams[:2])
    return model, streams


@torch.no_grad()
def test_each_network_learns_from_its_own_part_of_the_posts_only() -> None:
    streams = parts()
    torch.manual_seed(0)
    model = DSNCatBoost.of(streams[0], folds=3, **SMALL)
    model.prepare(streams[0])
    targets = streams[0].targets.tensor_split(3)
    with torch.enable_grad():
        for batch in model.batches(streams[0], batch_size=16, run_length=4):
            for network in model.networks:
                network.zero_grad()
            model.loss(batch).backward()
            first = int(batch.of_targets(batch.post)[batch.is_target].min())
            for number, network in enumerate(model.networks):
                learns = network.head[0].weight.grad is not None
                assert learns == (first <= int(targets[number][-1]))
    for number, network in enumerate(model.networks):
        own = torch.cat(targets[: number + 1])
        assert float(network.y_mean) == pytest.approx(float(streams[0].y[own].mean()))


def test_trees_have_predictions_of_networks_that_have_not_seen_the_post(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = []
    original = DSNCatBoost._inputs

    def keep(*args: Any) -> Any:
        tables.append(original(*args))
        return tables[-1]

    monkeypatch.setattr(DSNCatBoost, "_inputs", keep)
    model, (train, _, test) = fitted()
    score = tables[0]["prediction of DSN"]
    first, second, third = train.targets.tensor_split(3)
    assert score[: len(first)].isna().all()
    # the networks do not know the users and categories that only occur later
    for posts, network, begin in ((second, 0, len(first)), (third, 1, len(first) + len(second))):
        alone = DSN(**model.networks[network].config)
        alone.prepare(train_on(train, torch.cat([first, second, third][: network + 1])))
        alone.load_state_dict(model.networks[network].state_dict())
        expected = alone.eval().predict(train, posts)
        torch.testing.assert_close(torch.tensor(score[begin : begin + len(posts)].to_numpy()), expected)
    others = CatBoostPopularity.of(train, **{name: SMALL[name] for name in ("iterations", "tree_depth")}).fit(train)
    found = model.table(model, test, test.targets, model.is_trained_on(test))
    assert found.equals(others.table(test, test.targets))
    last = model.networks[-1].predict(test, test.targets)
    torch.testing.assert_close(
        torch.tensor(model._inputs(test, test.targets, last)["prediction of DSN"].to_numpy()), last
    )
    assert tables[-1]["prediction of DSN"].notna().all()


def train_on(train: PostStream, targets: torch.Tensor) -> PostStream:
    y = train["post"].y
    keep = torch.full_like(y, math.nan)
    keep[targets] = y[targets]
    store = train["post"]
    fields = {name: store[name] for name in ("time", "x_image", "x_text", "has_image", "has_text", "numbers")}
    return PostStream(
        **fields,
        y=keep,
        user=train.user,
        category=train.category,
        parent=train.parent,
        num_users=train.num_users,
        user_ids=train.user_ids,
        category_ids=train.category_ids,
        number_names=train.number_names,
        crawl_time_names=train.crawl_time_names,
    )


def test_a_saved_model_predicts_the_same(tmp_path: Path) -> None:
    model, (_, _, test) = fitted()
    loaded = load_model(save_model(model, tmp_path / "model.safetensors"))
    assert isinstance(loaded, DSNCatBoost)
    assert loaded.predict(test, test.targets).equal(model.predict(test, test.targets))
    assert loaded.importances().equals(model.importances())
    assert "prediction of DSN" in loaded.importances().index
    assert loaded.earlier_weights(test, test.targets).shape == (test.targets.numel(), 2)
    assert loaded.interval(0.9) is not None
    assert loaded.predict(test, test.targets[:0]).shape == (0,)


def test_resuming_gives_the_model_of_a_run_without_interruption(tmp_path: Path) -> None:
    train, val, test = parts()
    found = []
    for epochs in ((3,), (1, 3)):
        for number, count in enumerate(epochs):
            torch.manual_seed(0)
            model = DSNCatBoost.of(train, **SMALL)
            folder = tmp_path / str(len(epochs))
            trainer = PopularityTrainer(max_epochs=count, batch_size=16, directory=folder, progress=False)
            trainer.fit(model, train, val, resume=number > 0)
        found.append(model.predict(test, test.targets))
    assert found[0].equal(found[1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"folds": 1}, "folds=1: must be between 2 and 10"),
        ({"iterations": 0}, "must be at least 1"),
        ({"tree_depth": 0}, "must be between 1 and 16"),
        ({"hidden_dim": 0}, "must be at least 1"),
    ],
)
def test_wrong_arguments_raise_an_error(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        DSNCatBoost.of(parts()[0], **arguments)


def test_untrained_models_and_too_few_posts_raise_an_error() -> None:
    train, val, _ = parts()
    model = DSNCatBoost.of(train, folds=10, **SMALL)
    with pytest.raises(UsageError, match="was not trained yet"):
        model.predict(val, val.targets)
    few = random_stream(11).splits(0.8)[0]
    with pytest.raises(UsageError, match="folds=10: there are only 8 training posts"):
        DSNCatBoost.of(few, folds=10, **SMALL).prepare(few)
