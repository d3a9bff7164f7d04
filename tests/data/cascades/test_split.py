from __future__ import annotations

import hashlib
import itertools
import struct
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from graphcascade.data import CascadeDataset, CascadeTable
from graphcascade.errors import DataError, UsageError


@pytest.fixture
def dataset(make_table: Callable[..., CascadeTable]) -> CascadeDataset:
    """20 cascades: cascade c starts at time 10 * (19 - c), so that the order in time is the reverse."""
    table = make_table([[c % 6, (c + 1) % 6] for c in range(20)])
    return CascadeDataset(replace(table, time=table.time.flip(0).view(-1, 2).flip(1).reshape(-1)))


def with_parts(dataset: CascadeDataset, parts: list[int]) -> CascadeDataset:
    return CascadeDataset(replace(dataset.table, part=torch.tensor(parts, dtype=torch.int8)))


def indices(dataset: CascadeDataset, **arguments: Any) -> list[list[int]]:
    return [view.cascade_index.tolist() for view in dataset.splits(**arguments)]


def digest(dataset: CascadeDataset, **arguments: Any) -> str:
    split = dataset.splits(**arguments)[0].split
    assert split is not None
    return split.digest


def test_chronological_uses_the_first_event_and_keeps_the_order_of_the_dataset(dataset: CascadeDataset) -> None:
    train, val, test = indices(dataset, method="chronological", fractions=(0.5, 0.2, 0.3))
    assert train == list(range(10, 20))
    assert val == [6, 7, 8, 9]
    assert test == [0, 1, 2, 3, 4, 5]


def test_chronological_breaks_ties_by_the_order_of_the_dataset(make_table: Callable[..., CascadeTable]) -> None:
    table = make_table([[0], [1], [2], [3]], time=torch.tensor([0.0, 0, 0, 1]).double())
    assert indices(CascadeDataset(table), method="chronological", fractions=(0.5, 0.25, 0.25)) == [[0, 1], [2], [3]]


def test_chronological_uses_the_first_event_of_overlapping_cascades(make_table: Callable[..., CascadeTable]) -> None:
    time = torch.tensor([0.0, 90, 2, 3, 1, 99]).double()
    dataset = CascadeDataset(make_table([[0, 1], [2, 3], [4, 5]], time=time))
    assert indices(dataset, method="chronological", fractions=(0.34, 0.33, 0.33)) == [[0], [2], [1]]


def test_cascades_that_all_begin_at_the_same_time_have_no_order(make_table: Callable[..., CascadeTable]) -> None:
    dataset = CascadeDataset(make_table([[0, 1], [2, 3], [4, 5]], time=torch.tensor([0.0, 1] * 3).double()))
    with pytest.raises(
        UsageError, match="all cascades begin at the same time, so cascades have no order; use 'random'"
    ):
        dataset.splits("chronological")
    assert dataset.splits(fractions=(0.34, 0.33, 0.33))[0].split.method == "random"


def test_the_digest_is_over_ids_not_numbers(make_table: Callable[..., CascadeTable]) -> None:
    table = make_table([[0, 1], [2, 0], [1, 2]])
    other = replace(table, user=2 - table.user, user_ids=table.user_ids[:3][::-1].copy())
    first, second = (
        digest(CascadeDataset(one), method="random", fractions=(0.34, 0.33, 0.33)) for one in (table, other)
    )
    assert first == second


def test_random_is_a_partition_that_the_seed_decides(dataset: CascadeDataset) -> None:
    parts = indices(dataset, method="random", fractions=(0.7, 0.1, 0.2), seed=3)
    assert [len(part) for part in parts] == [14, 2, 4]
    assert sorted(itertools.chain(*parts)) == list(range(20))
    torch.manual_seed(5)
    assert parts == indices(dataset, method="random", fractions=(0.7, 0.1, 0.2), seed=3)
    assert parts != indices(dataset, method="random", fractions=(0.7, 0.1, 0.2), seed=4)


def test_the_published_split_is_kept(dataset: CascadeDataset) -> None:
    parts = [0] * 10 + [1] * 4 + [2] * 6
    assert indices(with_parts(dataset, parts), method="files", seed=9) == [
        list(range(10)),
        list(range(10, 14)),
        list(range(14, 20)),
    ]


def test_validation_is_drawn_from_training_if_the_files_have_none(dataset: CascadeDataset) -> None:
    files = with_parts(dataset, [2, 2] + [0] * 18)
    train, val, test = indices(files, method="files", fractions=(0.7, 0.2, 0.1), seed=1)
    assert test == [0, 1]
    assert len(val) == 4  # 0.2 of 18 training cascades is 3.6
    assert sorted(train + val) == list(range(2, 20))
    assert val != indices(files, method="files", fractions=(0.7, 0.2, 0.1), seed=2)[1]
    assert files.table.part is not None
    assert not bool((files.table.part == 1).any())
    assert indices(files, method="files", fractions=(0.9, 0.0, 0.1)) == [list(range(2, 20)), [], [0, 1]]


@pytest.mark.parametrize(
    ("parts", "absolute", "method"), [(True, True, "files"), (False, True, "chronological"), (False, False, "random")]
)
def test_the_default_method_depends_on_the_data(
    dataset: CascadeDataset, parts: bool, absolute: bool, method: str
) -> None:
    part = torch.tensor([0] * 16 + [1, 1, 2, 2], dtype=torch.int8) if parts else None
    chosen = CascadeDataset(replace(dataset.table, part=part, times_absolute=absolute))
    split = chosen.splits()[0].split
    assert split is not None
    assert split.method == method


def test_a_part_knows_its_split(dataset: CascadeDataset) -> None:
    parts = dataset.splits("random", (0.5, 0.25, 0.25), seed=4)
    digests = set()
    for view, name in zip(parts, ("train", "val", "test"), strict=True):
        assert view.split is not None
        assert (view.split.part, view.split.method, view.split.seed) == (name, "random", 4)
        assert view.split.fractions == (0.5, 0.25, 0.25)
        digests.add(view.split.digest)
    assert len(digests) == 1
    assert len(digests.pop()) == 12
    assert dataset.split is None
    assert parts[0][:3].split is None  # some cascades of a part are not the part


def test_the_digest_is_that_of_the_cascades_and_their_parts(make_table: Callable[..., CascadeTable]) -> None:
    # 8-byte boundaries, users and times, little-endian: the digest does not change from run to run.
    content = "\0".join(f"u{number}" for number in range(6)).encode()
    content += struct.pack("<3b", 0, 1, 2) + struct.pack("<4q", 0, 2, 4, 6) + struct.pack("<6q", 0, 1, 2, 3, 4, 5)
    content += struct.pack("<6d", 0.0, 1.0, 10.0, 11.0, 20.0, 21.0)
    dataset = CascadeDataset(make_table([[0, 1], [2, 3], [4, 5]]))
    arguments: dict[str, Any] = {"method": "chronological", "fractions": (0.34, 0.33, 0.33)}
    assert digest(dataset, **arguments) == hashlib.sha256(content).hexdigest()[:12]
    assert digest(dataset.copy(), **arguments) == digest(dataset, **arguments)


@pytest.mark.parametrize("field", ["user", "time", "ptr"])
def test_other_cascades_have_another_digest(dataset: CascadeDataset, field: str) -> None:
    changed = getattr(dataset.table, field).clone()
    changed[1 if field != "ptr" else slice(1, 2)] += 1
    other = CascadeDataset(replace(dataset.table, **{field: changed}))
    assert digest(other, method="chronological") != digest(dataset, method="chronological")


def test_another_split_has_another_digest(dataset: CascadeDataset) -> None:
    digests = [digest(dataset, method="random", seed=seed) for seed in range(3)]
    assert len({*digests, digest(dataset, method="chronological")}) == 4


def test_a_part_can_be_split_again(dataset: CascadeDataset) -> None:
    train = dataset.splits("chronological", (0.5, 0.2, 0.3))[0]
    assert indices(train, method="chronological", fractions=(0.8, 0.1, 0.1)) == [list(range(12, 20)), [11], [10]]
    inner = train.splits("random", (0.8, 0.1, 0.1), seed=2)
    assert sorted(itertools.chain(*(view.cascade_index.tolist() for view in inner))) == list(range(10, 20))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fractions": (0.5, 0.2, 0.2)}, r"fractions=\(0.5, 0.2, 0.2\): .* sum to 1"),
        ({"fractions": (0.0, 0.5, 0.5)}, "train > 0"),
        ({"fractions": (1.2, -0.1, -0.1)}, "must be >= 0"),
        ({"method": "stratified"}, "method='stratified': use 'files', 'random' or 'chronological'"),
        ({"method": "files"}, "cascades has no published split; use 'random' or 'chronological'"),
    ],
)
def test_invalid_arguments_raise_an_error(dataset: CascadeDataset, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        dataset.splits(**arguments)


def test_relative_times_have_no_chronological_split(dataset: CascadeDataset) -> None:
    relative = CascadeDataset(replace(dataset.table, times_absolute=False))
    with pytest.raises(UsageError, match="times are relative to each cascade's source, so cascades have no order"):
        relative.splits("chronological")


def test_too_few_cascades_for_a_part_raise_an_error(dataset: CascadeDataset) -> None:
    with pytest.raises(
        DataError, match=r"cascades: 4 cascades leave the val part empty at a share of 0\.1; at least 6 are needed"
    ):
        dataset[:4].splits("random")
    with pytest.raises(DataError, match="leave the test part empty"):
        with_parts(dataset, [0] * 20).splits("files")
    train, val, test = dataset[:4].splits("random", (1.0, 0.0, 0.0))
    assert (len(train), len(val), len(test)) == (4, 0, 0)


@pytest.mark.parametrize(
    ("fractions", "message"),
    [
        ((0.8, 0.2), "give three shares, for train, val and test"),
        ((0.7, 0.1, 0.1, 0.1), "give three shares"),
        (0.8, "give three shares"),
        ("0.8", "give three shares"),
        (np.eye(3), "each of the three shares must be a number"),
        ({0.8: 1, 0.1: 2, 0.2: 3}, "give three shares"),
        (("0.8", "0.1", "0.1"), "each of the three shares must be a number"),
        ((10**400, 0, 0), "must be >= 0, train > 0, and sum to 1"),
        ((0.8, float("nan"), 0.1), "must be >= 0, train > 0, and sum to 1"),
        ((0.8, 0.1, 0.2), "must be >= 0, train > 0, and sum to 1"),
    ],
)
def test_invalid_fractions_raise_an_error(dataset: CascadeDataset, fractions: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        dataset.splits("random", fractions)


@pytest.mark.parametrize(
    "fractions",
    [
        [0.5, 0.25, 0.25],
        np.array([0.5, 0.25, 0.25]),
        np.array([0.5, 0.25, 0.25], dtype=np.float32),
        torch.tensor([0.5, 0.25, 0.25]),
        pd.Series([0.5, 0.25, 0.25]),
        (np.float32(0.5), Fraction(1, 4), np.float64(0.25)),
    ],
    ids=lambda fractions: type(fractions).__name__,
)
def test_fractions_are_numbers_of_any_type(dataset: CascadeDataset, fractions: Any) -> None:
    train, val, test = dataset.splits("random", fractions)
    expected = dataset.splits("random", (0.5, 0.25, 0.25))
    assert [part.split for part in (train, val, test)] == [part.split for part in expected]
    assert train.split is not None
    assert [type(share) for share in train.split.fractions] == [float, float, float]


def test_whole_numbers_are_fractions(dataset: CascadeDataset) -> None:
    assert [len(part) for part in dataset.splits("random", np.array([1, 0, 0]))] == [20, 0, 0]
    assert [len(part) for part in dataset.splits("random", (np.int64(1), 0, 0))] == [20, 0, 0]
