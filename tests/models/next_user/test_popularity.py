from __future__ import annotations

import pytest

from graphcascade.errors import UsageError
from graphcascade.models import Popularity
from tests.models.small_data import dataset_of, whole_batch

TRAIN = dataset_of([[0, 1, 2], [1, 2], [1, 4]], 6)


def test_scores_count_the_cascades_of_each_user() -> None:
    model = Popularity(6).fit(TRAIN)
    scores = model.scores(whole_batch(dataset_of([[3, 8], [5]], 9)))  # users that the model does not know are fine
    assert scores.tolist() == [[1, 3, 2, 0, 1, 0]] * 3
    assert model.seen.tolist() == [True, True, True, False, True, False]
    assert model.user_ids.tolist() == TRAIN.user_ids.tolist()


def test_fit_counts_only_the_given_cascades_and_replaces_the_counts() -> None:
    model = Popularity(6).fit(TRAIN)
    model.fit(TRAIN[1:])
    assert model.frequency.tolist() == [0, 2, 1, 0, 1, 0]
    assert not model.seen[0]


def test_another_number_of_users_raises_an_error() -> None:
    with pytest.raises(UsageError, match="the model has 5 users, the dataset cascades has 6"):
        Popularity(5).fit(TRAIN)
    with pytest.raises(UsageError, match="num_users=0"):
        Popularity(0)
