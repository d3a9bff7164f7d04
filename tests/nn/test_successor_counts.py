from __future__ import annotations

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.nn import SuccessorCounts, successor_counts

# Cascades 2 -> 0 -> 1, 0 -> 1, 1 -> 0 -> 2.
USER = torch.tensor([2, 0, 1, 0, 1, 1, 0, 2])
PTR = torch.tensor([0, 3, 5, 8])


@pytest.mark.parametrize("chunk", [1, 2, 2**22])
def test_counts_by_hand(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(successor_counts, "EVENTS_PER_CHUNK", chunk)
    counts = SuccessorCounts(3)
    counts.set_cascades(USER, PTR)
    # After 0: 1 in two cascades, 2 in one. After 1: 0 and 2 in the last. After 2: 0 and 1 in the first. 7 is unknown.
    rows = counts.rows(torch.tensor([0, 1, 2, 7, 0]))
    assert rows.tolist() == [[0, 2, 1], [1, 0, 1], [1, 1, 0], [0, 0, 0], [0, 2, 1]]


def test_only_cascades_that_the_user_started_can_be_counted() -> None:
    counts = SuccessorCounts(3, only_started=True)
    counts.set_cascades(USER, PTR)
    assert counts.rows(torch.tensor([0, 1, 2, 5])).tolist() == [[0, 1, 0], [1, 0, 1], [1, 1, 0], [0, 0, 0]]


def test_state_can_be_loaded_with_any_number_of_events() -> None:
    counts, other = SuccessorCounts(3), SuccessorCounts(3)
    assert not counts.rows(torch.arange(3)).any()
    counts.set_cascades(USER, PTR)
    other.load_state_dict(counts.state_dict())
    assert other.rows(torch.arange(3)).equal(counts.rows(torch.arange(3)))
    assert set(counts.state_dict()) == {"user", "ptr"}  # their size is linear in the number of events


@pytest.mark.parametrize(
    ("user", "ptr"), [([0, 3], [0, 2]), ([-1, 0], [0, 2]), ([0, 1], [0, 3]), ([0, 1], [1, 2]), ([0, 1], [0, 2, 1, 2])]
)
def test_an_invalid_state_raises_an_error(user: list[int], ptr: list[int]) -> None:
    with pytest.raises(UsageError, match="user and ptr are not cascades of 3 users"):
        SuccessorCounts(3).load_state_dict({"user": torch.tensor(user), "ptr": torch.tensor(ptr)})
