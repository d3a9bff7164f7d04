from __future__ import annotations

import torch

from graphcascade.nn import PairCounts


def test_counts_match_a_dense_matrix() -> None:
    generator = torch.Generator().manual_seed(0)
    users = 6
    counts, dense = PairCounts(users), torch.zeros(users, users, dtype=torch.float64)
    for size in (0, 40, 1, 25):
        first, second = torch.randint(users, (2, size), generator=generator)
        counts.add(first, second)
        for a, b in zip(first.tolist(), second.tolist(), strict=True):
            dense[a, b] += 1
    assert counts.key.numel() == int((dense > 0).sum())
    rows = torch.tensor([5, 0, 3, 3, 1, 2, 4])
    assert counts.rows(rows).equal(dense[rows])


def test_unknown_users_have_no_counts() -> None:
    counts = PairCounts(3)
    assert not counts.rows(torch.tensor([0, 2])).any()
    counts.add(torch.tensor([2, 2]), torch.tensor([2, 0]))
    assert counts.rows(torch.tensor([3, 7, 2])).tolist() == [[0, 0, 0], [0, 0, 0], [1, 0, 1]]


def test_state_can_be_loaded_with_any_number_of_pairs() -> None:
    counts, other = PairCounts(3), PairCounts(3)
    counts.add(torch.tensor([0, 1, 1]), torch.tensor([2, 0, 0]))
    other.load_state_dict(counts.state_dict())
    assert other.rows(torch.arange(3)).tolist() == [[0, 0, 1], [2, 0, 0], [0, 0, 0]]
