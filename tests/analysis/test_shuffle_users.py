"""Shuffles that keep sizes, times and frequencies of users."""

from __future__ import annotations

import itertools
from collections import Counter

import torch

from graphcascade.analysis import shuffle_users
from graphcascade.data.segments import segment_ids
from graphcascade.simulate import cyan_cascades
from tests.models.small_data import dataset_of


def test_sizes_times_and_frequencies_stay_and_nobody_occurs_twice() -> None:
    data = cyan_cascades("core-periphery", num_cascades=301)  # an odd number: one cascade has no partner
    table, shuffled = data.table, shuffle_users(data, seed=1).table
    assert shuffled.ptr.equal(table.ptr)
    assert shuffled.time.equal(table.time)
    assert shuffled.user.bincount(minlength=32).equal(table.user.bincount(minlength=32))
    keys = segment_ids(table.ptr) * 32 + shuffled.user
    assert keys.unique().numel() == keys.numel()
    assert (shuffled.parent, shuffled.true_graph) == (None, None)
    assert shuffle_users(data, seed=1).table.user.equal(shuffled.user)
    assert not shuffle_users(data, seed=2).table.user.equal(shuffled.user)
    assert data.table.user.equal(table.user)


def test_all_arrangements_are_equally_likely() -> None:
    # Users 0 and 1 are in two of three cascades of the sizes 2, 2 and 1, and user 2 in one.
    data = dataset_of([[0, 1], [1, 0], [2]], 3)
    found: Counter[tuple[int, ...]] = Counter()
    for seed in range(400):
        found[tuple(shuffle_users(data, seed).table.user.tolist())] += 1
    arrangements = {(a, b, c, d, e) for a, b, c, d, e in itertools.permutations([0, 0, 1, 1, 2]) if a != b and c != d}
    assert set(found) == arrangements
    expected = 400 / len(arrangements)
    assert max(abs(count - expected) for count in found.values()) < 4.5 * expected**0.5


def test_users_of_all_cascades_stay_in_all() -> None:
    data = dataset_of([[0, 1, 2], [3, 0], [0, 4]], 5)
    shuffled = shuffle_users(data).table
    assert (torch.bincount(segment_ids(shuffled.ptr)[shuffled.user == 0], minlength=3) == 1).all()
