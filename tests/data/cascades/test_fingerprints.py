from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from graphcascade.data import CascadeDataset
from graphcascade.data.cascades.fingerprints import count_known, merge_fingerprints
from graphcascade.data.cascades.users import in_time_unit, match_users
from graphcascade.evaluation.next_user_protocol import NextUserProtocol
from graphcascade.io import from_pandas, to_pandas
from tests.models.small_data import dataset_of, random_dataset

DATA = dataset_of([[0, 1, 2], [2, 1], [3]], 4)


def of(*arguments: Any, **changes: Any) -> list[int]:
    return dataset_of(*arguments, **changes).fingerprints.tolist()


def test_equal_cascades_have_equal_fingerprints_whatever_the_numbers_of_users_and_items() -> None:
    found = DATA.fingerprints
    assert found.dtype == torch.long
    assert found.unique().numel() == 3
    other = of([[1, 0, 3], [3, 0], [2]], 4, user_ids=["u1", "u0", "u3", "u2"], item_ids=np.array(list("xyz"), object))
    assert other == found.tolist()


@pytest.mark.parametrize(
    ("users", "times"),
    [
        ([0, 1, 3], [0, 1, 2]),  # another user
        ([1, 0, 2], [0, 1, 2]),  # another order
        ([0, 1, 2], [0, 1, 3]),  # another time
        ([0, 1], [0, 1]),  # without the last event
        ([0, 1, 2, 3], [0, 1, 2, 3]),
    ],
)
def test_other_cascades_have_other_fingerprints(users: list[int], times: list[float]) -> None:
    assert of([users], 4, [times])[0] != of([[0, 1, 2]], 4, [[0, 1, 2]])[0]
    tied = [0.0] * 2
    assert of([[0, 1]], 4, [tied])[0] != of([[1, 0]], 4, [tied])[0]
    assert of([[0]], 4, [[0.0]]) == of([[0]], 4, [[-0.0]])


def test_the_numbers_are_the_same_in_another_process() -> None:
    """Saved models contain fingerprints, so this number must not change."""
    assert of([[0, 1]], 2, [[0.0, 1.5]], user_ids=["a", "b"]) == [3373812678646155722]


def test_the_unit_of_the_times_makes_no_difference() -> None:
    times = [1_700_000_000.1, 1_700_003_600.25]
    expected = of([[0, 1]], 2, [times], time_unit="s")
    assert of([[0, 1]], 2, [times]) == expected
    for unit, factor in (("ms", 1000), ("min", 1 / 60), ("h", 1 / 3600), ("d", 1 / 86400)):
        assert of([[0, 1]], 2, [[time * factor for time in times]], time_unit=unit) == expected


def test_repeated_cascades_of_one_dataset_have_different_fingerprints() -> None:
    data = dataset_of([[0, 1], [2], [0, 1], [0, 1]], 3, [[5, 6], [7], [5, 6], [5, 6]])
    assert data.fingerprints.unique().numel() == 4
    assert data[2:].fingerprints.tolist() == data.fingerprints[2:].tolist()
    assert data[[3, 0]].copy().fingerprints.tolist() == data.fingerprints[[3, 0]].tolist()


def test_a_cascade_keeps_its_fingerprint() -> None:
    data = random_dataset([5, 2, 7, 3], 8, time_unit="s")
    expected = data.fingerprints
    assert NextUserProtocol("short", max_length=3).limit(data).fingerprints.equal(expected)
    assert in_time_unit(data, "h").fingerprints.equal(expected)
    assert match_users(data, data.user_ids[::-1].copy()).fingerprints.equal(expected)
    assert CascadeDataset(replace(data.table, name="other")).fingerprints.equal(expected)
    order = torch.tensor([2, 0])
    assert data[order].fingerprints.equal(expected[order])


def test_ids_may_have_any_characters() -> None:
    found = of([[0], [1], [2]], 3, [[0], [0], [0]], user_ids=["\ud800", "\ud801", "Zoë"])
    assert len(set(found)) == 3
    assert found[2] == of([[0]], 1, [[0]], user_ids=["Zoë"])[0]


def test_data_without_cascades_have_no_fingerprints() -> None:
    assert dataset_of([], 2).fingerprints.shape == (0,)


def test_known_cascades_are_counted() -> None:
    known = merge_fingerprints(None, DATA[:2].fingerprints)
    assert known.tolist() == sorted(DATA[:2].fingerprints.tolist())
    assert count_known(known, DATA[1:].fingerprints) == 1
    assert count_known(merge_fingerprints(known, DATA.fingerprints), DATA.fingerprints) == 3


def test_writing_and_reading_keeps_fingerprints() -> None:
    assert from_pandas(to_pandas(DATA)).fingerprints.equal(DATA.fingerprints)
