from __future__ import annotations

import itertools
from functools import partial

import pytest

from graphcascade.analysis import (
    cooccurrence,
    cooccurrence_by_distance,
)
from graphcascade.data.segments import pairs_by_user
from graphcascade.errors import DataError, UsageError
from tests.models.small_data import dataset_of, random_dataset

USERS = 7


def test_cooccurrence_matches_a_plain_loop() -> None:
    dataset = random_dataset([5, 7, 3, 2, 6, 1, 7], USERS)
    cascades = [dataset[number].user.tolist() for number in range(len(dataset))]
    together = {
        pair: sum(set(pair) <= set(cascade) for cascade in cascades) for pair in itertools.combinations(range(USERS), 2)
    }
    found = cooccurrence_by_distance(dataset, between=(0, 2), near=3, top=0.3).set_index("between")
    for name, wanted in (("0", {0}), ("2", {2}), ("< 3", {0, 1, 2}), (">= 3", {3, 4, 5})):
        pairs = [
            tuple(sorted((cascade[i], cascade[j])))
            for cascade in cascades
            for i, j in itertools.combinations(range(len(cascade)), 2)
            if j - i - 1 in wanted
        ]
        times = sorted((together[pair] for pair in pairs), reverse=True)
        share = 0.3 * len(times)  # of the occurrences, the last one in part
        weights = [min(1.0, max(0.0, share - place)) for place in range(len(times))]
        highest = sum(weight * value for weight, value in zip(weights, times, strict=True)) / share
        row = found.loc[name]
        assert row["pairs"] == len(pairs)
        assert (row["mean"], row["top"]) == pytest.approx((sum(times) / len(times), highest))


def test_cascades_of_one_user_have_no_cooccurrence() -> None:
    found = cooccurrence_by_distance(dataset_of([[0], [1]], USERS))
    assert found["pairs"].tolist() == [0] * 6
    assert found["mean"].isna().all()
    with pytest.raises(UsageError, match="top=0"):
        cooccurrence_by_distance(dataset_of([[0, 1]], USERS), top=0)


def test_cooccurrence_does_not_depend_on_the_portion_size(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = random_dataset([5, 7, 3, 2, 6, 1, 7], USERS)
    whole = cooccurrence_by_distance(dataset)
    monkeypatch.setattr(cooccurrence, "pairs_by_user", partial(pairs_by_user, chunk=4))
    assert cooccurrence_by_distance(dataset).equals(whole)


def test_too_many_pairs_for_cooccurrence_raise_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cooccurrence, "MAX_PAIRS", 9)
    with pytest.raises(DataError, match=r"hold 10 pairs of events, and at most 9 .*longest has 5 events"):
        cooccurrence_by_distance(dataset_of([[0, 1, 2, 3, 4]], USERS))
