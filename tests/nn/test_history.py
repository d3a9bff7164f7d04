from __future__ import annotations

import torch

from graphcascade.nn import History

HISTORY = History(torch.tensor([4, 2, 9, 0, 1]), torch.tensor([0, 0, 3, 5]), torch.tensor([1, 3, 5, 5]))


def test_pairs_are_the_infected_users_of_each_row() -> None:
    row, user = HISTORY.pairs(slice(0, 4), 10)
    assert list(zip(row.tolist(), user.tolist(), strict=True)) == [(0, 4), (1, 4), (1, 2), (1, 9), (2, 0), (2, 1)]


def test_pairs_of_a_slice_count_rows_from_its_start_and_leave_out_unknown_users() -> None:
    row, user = HISTORY.pairs(slice(1, 3), 5)
    assert list(zip(row.tolist(), user.tolist(), strict=True)) == [(0, 4), (0, 2), (1, 0), (1, 1)]


def test_rows_can_be_selected_and_repeated() -> None:
    row, user = HISTORY.select(torch.tensor([2, 0, 2])).pairs(slice(None), 10)
    assert list(zip(row.tolist(), user.tolist(), strict=True)) == [(0, 0), (0, 1), (1, 4), (2, 0), (2, 1)]
