from __future__ import annotations

from pathlib import Path

import torch

from graphcascade.models import MODELS, SourceCooccurrence, load_model, save_model
from tests.models.small_data import dataset_of, random_dataset, whole_batch

USERS = 9


def test_scores_match_a_plain_loop() -> None:
    train, test = random_dataset([4, 1, 7, 3, 5], USERS), random_dataset([3, 1, 4], USERS, seed=1)
    after = [[0] * USERS for _ in range(USERS)]
    frequency = [0] * USERS
    for cascade in train:
        users = cascade.user.tolist()
        for k, later in enumerate(users):
            frequency[later] += 1
            for earlier in users[:k]:
                after[earlier][later] += 1
    expected = [
        [after[cascade.user[0]][user] + frequency[user] / (sum(frequency) + 1) for user in range(USERS)]
        for cascade in test
        for _ in cascade.user
    ]
    result = SourceCooccurrence(USERS).fit(train).scores(whole_batch(test))
    torch.testing.assert_close(result, torch.tensor(expected, dtype=torch.float64))


def test_popularity_only_breaks_ties() -> None:
    train = dataset_of([[0, 1], *[[2, 3]] * 50], 5)
    scores = SourceCooccurrence(5).fit(train).scores(whole_batch(dataset_of([[0]], 5)))[0]
    assert scores.argsort(descending=True, stable=True).tolist() == [1, 2, 3, 0, 4]


def test_an_unknown_source_falls_back_to_popularity() -> None:
    train = dataset_of([[0, 1], [2, 1]], 3)
    scores = SourceCooccurrence(3).fit(train).scores(whole_batch(dataset_of([[4, 0]], 5)))
    torch.testing.assert_close(scores, torch.tensor([[1, 2, 1]] * 2, dtype=torch.float64) / 5)


def test_fit_replaces_the_counts() -> None:
    train = dataset_of([[0, 1], [2, 1]], 3)
    model = SourceCooccurrence(3).fit(train).fit(train[1:])
    assert model.after.rows(torch.tensor([0, 2])).tolist() == [[0, 0, 0], [0, 1, 0]]


def test_only_started_counts_cascades_that_the_source_started() -> None:
    train = dataset_of([[0, 1], [2, 0, 3], [0, 4], [0, 4]], 5)
    events = sum([2, 3, 2, 2])
    scores = SourceCooccurrence(5, only_started=True).fit(train).scores(whole_batch(dataset_of([[0, 2]], 5)))
    # Of the cascades that 0 started, one has user 1 and two have user 4; user 3 came after 0 in a cascade of source 2.
    popular = torch.tensor([4, 1, 1, 1, 2], dtype=torch.float64) / (events + 1)
    torch.testing.assert_close(scores, (torch.tensor([0, 1, 0, 0, 2]) + popular).expand(2, -1))
    by_default = SourceCooccurrence(5).fit(train).scores(whole_batch(dataset_of([[0, 2]], 5)))
    torch.testing.assert_close(by_default, (torch.tensor([0, 1, 0, 1, 2]) + popular).expand(2, -1))


def test_the_size_of_the_model_is_linear_in_the_number_of_events(tmp_path: Path) -> None:
    size = 3000  # 4.5 million pairs
    train = dataset_of([list(range(size)), [0, 1]], size)
    for name in ("SourceCooccurrence", "RecentUsers", "Markov", "Popularity"):
        model = MODELS[name](size).fit(train)
        assert sum(value.numel() for value in model.state_dict().values()) < 8 * size
        loaded = load_model(save_model(model, tmp_path / name))
        batch = whole_batch(dataset_of([[0, 7]], size))
        assert torch.equal(loaded.scores(batch), model.scores(batch))
