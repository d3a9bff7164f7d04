from __future__ import annotations

import pytest
import torch

from graphcascade.data.segments import (
    expand_ranges,
    num_pairs,
    ordered_pairs,
    pairs_by_user,
    portions,
    segment_ids,
    segment_positions,
    segment_ptr,
    segment_steps,
    select_segments,
)

PTR = torch.tensor([0, 2, 2, 5, 6])


def test_segment_ptr_starts_at_zero_and_sums_sizes() -> None:
    assert segment_ptr(torch.tensor([2, 0, 3, 1])).equal(PTR)
    assert segment_ptr(torch.tensor([], dtype=torch.long)).tolist() == [0]


def test_segment_ids_repeat_the_number_of_each_segment() -> None:
    assert segment_ids(PTR).tolist() == [0, 0, 2, 2, 2, 3]


def test_segment_positions_count_from_zero_in_each_segment() -> None:
    assert segment_positions(PTR).tolist() == [0, 1, 0, 1, 2, 0]


def test_segment_steps_are_differences_within_segments() -> None:
    assert segment_steps(torch.tensor([1.0, 5.0, 2.0, 2.5, 9.0, 0.0]), PTR).tolist() == [4.0, 0.5, 6.5]
    assert segment_steps(torch.tensor([]), torch.tensor([0])).numel() == 0


@pytest.mark.parametrize(
    ("index", "rows", "ptr"),
    [
        ([2, 0], [2, 3, 4, 0, 1], [0, 3, 5]),
        ([3, 1, 3], [5, 5], [0, 1, 1, 2]),
        ([1], [], [0, 0]),
        ([], [], [0]),
    ],
)
def test_select_segments_returns_rows_and_boundaries(index: list[int], rows: list[int], ptr: list[int]) -> None:
    row, new_ptr = select_segments(PTR, torch.tensor(index, dtype=torch.long))
    assert row.tolist() == rows
    assert new_ptr.tolist() == ptr


def test_expand_ranges_lists_the_numbers_of_each_range() -> None:
    row, ptr = expand_ranges(torch.tensor([4, 1, 0]), torch.tensor([6, 1, 3]))
    assert row.tolist() == [4, 5, 0, 1, 2]
    assert ptr.tolist() == [0, 2, 2, 5]


@pytest.mark.parametrize("chunk", [1, 10, 1000])
def test_ordered_pairs_equal_a_plain_loop(chunk: int) -> None:
    ptr = torch.tensor([0, 3, 3, 10, 11, 16])
    expected = {
        (i, k)
        for start, stop in zip(ptr[:-1].tolist(), ptr[1:].tolist(), strict=True)
        for k in range(start, stop)
        for i in range(start, k)
    }
    found = [tuple(pair) for pairs in ordered_pairs(ptr, chunk) for pair in torch.stack(pairs, 1).tolist()]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("ptr", [[0], [0, 1, 2], [0, 0]])
def test_segments_of_one_element_have_no_pair(ptr: list[int]) -> None:
    assert sum(earlier.numel() for earlier, _ in ordered_pairs(torch.tensor(ptr))) == 0


def test_num_pairs_counts_the_pairs_of_each_segment() -> None:
    assert num_pairs(torch.tensor([0, 3, 3, 10, 11, 16])) == 3 + 21 + 10


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(1, [(0, 1), (1, 3), (3, 4), (4, 5)]), (5, [(0, 1), (1, 4), (4, 5)]), (100, [(0, 5)])],
)
def test_portions_hold_at_most_the_limit_or_one_row(limit: int, expected: list[tuple[int, int]]) -> None:
    size = torch.tensor([6, 1, 0, 4, 2])
    assert [(part.start, part.stop) for part in portions(size, limit)] == expected
    assert list(portions(size[:0], limit)) == []


@pytest.mark.parametrize("chunk", [1, 5, 1000])
def test_pairs_by_user_equal_a_plain_loop(chunk: int) -> None:
    user, ptr = torch.tensor([2, 0, 1, 0, 1, 1, 0, 2]), torch.tensor([0, 3, 5, 8])
    chosen = torch.tensor([0, 1, 3, 5, 6])
    found = [torch.stack(pairs, 1).tolist() for pairs in pairs_by_user(user, ptr, chosen, chunk)]
    pairs = [pair for portion in found for pair in portion]
    assert sorted(pairs) == [[0, 1], [0, 2], [1, 2], [3, 4], [5, 6], [5, 7], [6, 7]]
    users = [{int(user[earlier]) for earlier, _ in portion} for portion in found]
    assert sum(len(part) for part in users) == len(set().union(*users))  # no user is in two portions
    assert len(found) == {1: 3, 5: 2, 1000: 1}[chunk]
    found = [torch.stack(pairs, 1).tolist() for pairs in pairs_by_user(user, ptr, chosen + 1, chunk, before=True)]
    pairs = [pair for portion in found for pair in portion]
    assert pairs == [[0, 1], [5, 6], [0, 2], [1, 2], [3, 4], [5, 7], [6, 7]]  # users 0, 0, 1, 1, 1, 2, 2
    users = [{int(user[later]) for _, later in portion} for portion in found]
    assert sum(len(part) for part in users) == len(set().union(*users))
