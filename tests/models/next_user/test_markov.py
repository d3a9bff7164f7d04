from __future__ import annotations

import math

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.models import Markov
from tests.models.small_data import dataset_of, random_dataset, whole_batch

USERS = 9


@pytest.mark.parametrize("smoothing", [1.0, 0.1])
def test_scores_match_a_plain_loop(smoothing: float) -> None:
    train, test = random_dataset([4, 1, 7, 3, 5], USERS), random_dataset([3, 1, 4], USERS, seed=1)
    follows = [[0] * USERS for _ in range(USERS)]
    frequency = [0] * USERS
    for cascade in train:
        users = cascade.user.tolist()
        for k, user in enumerate(users):
            frequency[user] += 1
            if k:
                follows[users[k - 1]][user] += 1
    expected = [
        [
            (follows[user][after] + smoothing * frequency[after] / sum(frequency)) / (sum(follows[user]) + smoothing)
            for after in range(USERS)
        ]
        for cascade in test
        for user in cascade.user.tolist()
    ]
    result = Markov(USERS, smoothing).fit(train).scores(whole_batch(test))
    torch.testing.assert_close(result, torch.tensor(expected, dtype=torch.float64))
    torch.testing.assert_close(result.sum(1), torch.ones(8, dtype=torch.float64))


def test_pairs_do_not_span_two_cascades() -> None:
    model = Markov(4).fit(dataset_of([[0, 1], [2, 3]], 4))
    assert model.follows.rows(torch.arange(4)).tolist() == [[0, 1, 0, 0], [0] * 4, [0, 0, 0, 1], [0] * 4]


def test_after_an_unknown_user_popularity_decides() -> None:
    model = Markov(3).fit(dataset_of([[0, 1], [2, 1]], 3))
    scores = model.scores(whole_batch(dataset_of([[4, 3]], 5)))
    torch.testing.assert_close(scores, torch.tensor([[0.25, 0.5, 0.25]] * 2, dtype=torch.float64))


@pytest.mark.parametrize("smoothing", [0.0, -1.0, math.nan])
def test_a_smoothing_that_is_not_positive_raises_an_error(smoothing: float) -> None:
    with pytest.raises(UsageError, match="must be above 0"):
        Markov(3, smoothing)
    assert Markov(3, 0.5).config == {"num_users": 3, "smoothing": 0.5}
