from __future__ import annotations

import math

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.models import RecentUsers
from tests.models.small_data import dataset_of, random_dataset, whole_batch

USERS = 9


@pytest.mark.parametrize("window", [1, 3, 10])
def test_scores_match_a_plain_loop(window: int) -> None:
    train, test = random_dataset([4, 1, 7, 3, 5], USERS), random_dataset([3, 1, 6], USERS, seed=1)
    follows, after = ([[0] * USERS for _ in range(USERS)] for _ in range(2))
    frequency = [0] * USERS
    for cascade in train:
        users = cascade.user.tolist()
        for k, later in enumerate(users):
            frequency[later] += 1
            for earlier in users[:k]:
                after[earlier][later] += 1
            if k:
                follows[users[k - 1]][later] += 1
    expected = []
    for cascade in test:
        users = cascade.user.tolist()
        for k in range(len(users)):
            scores = [0.7 * after[users[0]][v] + 1e-6 * frequency[v] / (sum(frequency) + 1) for v in range(USERS)]
            for lag in range(1, window + 1):
                if lag <= k + 1:
                    scores = [old + follows[users[k + 1 - lag]][v] / lag for v, old in enumerate(scores)]
            expected.append(scores)
    result = RecentUsers(USERS, window, source=0.7).fit(train).scores(whole_batch(test))
    torch.testing.assert_close(result, torch.tensor(expected, dtype=torch.float64), rtol=1e-12, atol=1e-12)


def test_after_unknown_users_popularity_decides() -> None:
    train = dataset_of([[0, 1], [2, 1]], 3)
    scores = RecentUsers(3).fit(train).scores(whole_batch(dataset_of([[4, 3]], 5)))
    assert scores.argsort(descending=True, stable=True).tolist() == [[1, 0, 2], [1, 0, 2]]


@pytest.mark.parametrize("arguments", [{"window": 0}, {"source": -1.0}, {"source": math.nan}, {"source": math.inf}])
def test_bad_arguments_raise_an_error(arguments: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=f"{next(iter(arguments))}="):
        RecentUsers(3, **arguments)
