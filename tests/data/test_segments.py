from __future__ import annotations

import pytest
import torch

from graphcascade.data.segments import (
    expand_ranges,
    ordered_pairs,
    segment_ids,
    segment_positions,
    segment_ptr,
    segment_steps,
    select_segments,
)

PTR = torch.tensor([0, 2, 2, 5, 6])


def test_segment_ptr() -> None:
    assert segment_ptr(torch.tensor([2, 0, 3, 1])).equal(PTR)
    assert segment_ptr(torch.tensor([], dtype=torch.long)).tolist() == [0]


def test_segment_ids() -> None:
    assert segment_ids(PTR).tolist() == [0, 0, 2, 2, 2, 3]


def test_segment_positions() -> None:
    assert segment_positions(PTR).tolist() == [0, 1, 0, 1, 2, 0]


def test_segment_steps() -> None:
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
def test_select_segments(index: list[int], rows: list[int], ptr: list[int]) -> None:
    row, new_ptr = select_segments(PTR, torch.tensor(index, dtype=torch.long))
    assert row.tolist() == rows
    assert new_ptr.tolist() == ptr


def test_expand_ranges() -> None:
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
def test_segments_without_a_pair(ptr: list[int]) -> None:
    assert sum(earlier.numel() for earlier, _ in ordered_pairs(torch.tensor(ptr))) == 0
