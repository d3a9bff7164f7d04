from __future__ import annotations

import torch

from graphcascade.data.sorted_keys import contains, find_keys, pairs_of


def test_keys_are_found_at_their_positions() -> None:
    position, present = find_keys(torch.tensor([2, 5, 9]), torch.tensor([[9, 1], [5, 10]]))
    assert present.tolist() == [[True, False], [True, False]]
    assert position[present].tolist() == [2, 1]


def test_no_key_is_present_among_none() -> None:
    position, present = find_keys(torch.empty(0, dtype=torch.long), torch.tensor([3, 0]))
    assert position.dtype == torch.long
    assert present.tolist() == [False, False]


def test_keys_are_contained_or_not() -> None:
    assert contains(torch.tensor([2, 5, 9]), torch.tensor([1, 2, 9, 10])).tolist() == [False, True, True, False]


def test_pairs_of_left_entries_are_found_in_their_order() -> None:
    keys = torch.tensor([3, 10, 12, 27, 29])  # of (0, 3), (1, 0), (1, 2), (2, 7), (2, 9)
    position, right = pairs_of(keys, torch.tensor([2, 5, 1]), 10)
    assert position.tolist() == [0, 0, 2, 2]
    assert right.tolist() == [7, 9, 0, 2]
