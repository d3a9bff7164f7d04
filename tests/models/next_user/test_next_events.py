from __future__ import annotations

import torch

from graphcascade.models.next_user import NextEvents
from tests.models.small_data import dataset_of, whole_batch

BATCH = whole_batch(dataset_of([[4, 1, 3], [2], [0, 4]], 5))


def pairs(events: NextEvents) -> list[set[int]]:
    row, user = events.history.pairs(slice(None), 5)
    return [set(user[row == number].tolist()) for number in range(events.row.numel())]


def test_all_events_but_the_last_of_a_cascade_have_a_target() -> None:
    events = NextEvents.from_batch(BATCH)
    assert events.row.tolist() == [0, 1, 4]
    assert events.target.tolist() == [1, 3, 4]
    assert pairs(events) == [{4}, {4, 1}, {0}]


def test_terminate_is_the_target_of_the_last_event() -> None:
    events = NextEvents.from_batch(BATCH, terminate=5)
    assert events.row.tolist() == [0, 1, 2, 3, 4, 5]
    assert events.target.tolist() == [1, 3, 5, 5, 4, 5]
    assert pairs(events) == [{4}, {4, 1}, {4, 1, 3}, {2}, {0}, {0, 4}]


def test_select_by_mask_and_by_index() -> None:
    events = NextEvents.from_batch(BATCH)
    for keep in (torch.tensor([False, True, True]), torch.tensor([1, 2])):
        some = events.select(keep)
        assert (some.row.tolist(), some.target.tolist(), pairs(some)) == ([1, 4], [3, 4], [{4, 1}, {0}])


def test_cascades_of_one_user_have_nothing_to_predict() -> None:
    events = NextEvents.from_batch(whole_batch(dataset_of([[1], [0]], 2)))
    assert events.row.numel() == 0
