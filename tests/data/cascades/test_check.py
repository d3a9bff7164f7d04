from __future__ import annotations

import logging
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcascade.data import CascadeDataset, RawEvents, check_events
from graphcascade.errors import DataError
from graphcascade.io import from_pandas

Event = tuple[int, str, float]


def raw_events(events: list[Event], parent: list[str | None] | None = None, **changes: Any) -> RawEvents:
    """Returns events (cascade, user, time) as the lines 1, 2, ... of a file."""
    fields: dict[str, Any] = {
        "cascade": np.array([event[0] for event in events], dtype=np.int64),
        "user": np.array([event[1] for event in events], dtype=object),
        "time": np.array([event[2] for event in events], dtype=np.float64),
        "item": np.array(
            [f"item {k}" for k in range(1 + max((event[0] for event in events), default=-1))], dtype=object
        ),
        "path": "some.csv",
        "line": np.arange(1, len(events) + 1),
        "row_name": "row",
        "parent": None if parent is None else np.array(parent, dtype=object),
    }
    return RawEvents(**{**fields, **changes})


def test_events_in_order_are_unchanged(caplog: pytest.LogCaptureFixture) -> None:
    table = check_events(
        raw_events([(0, "b", 1.5), (0, "a", 1.5), (1, "c", 0.0), (1, "b", 7.25)]), time_unit="h", name="mine"
    )
    assert table.user_ids.tolist() == ["b", "a", "c"]
    assert table.user.tolist() == [0, 1, 2, 0]
    assert table.time.tolist() == [1.5, 1.5, 0.0, 7.25]
    assert table.ptr.tolist() == [0, 2, 4]
    assert table.item.tolist() == [0, 1]
    assert table.item_ids.tolist() == ["item 0", "item 1"]
    assert (table.user.dtype, table.time.dtype, table.ptr.dtype, table.item.dtype) == (
        torch.int64,
        torch.float64,
        torch.int64,
        torch.int64,
    )
    assert (table.time_unit, table.times_absolute, table.name) == ("h", True, "mine")
    assert table.parent is None
    assert table.part is None
    assert not table.repairs
    assert not caplog.records


def test_disorder_is_sorted_counted_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    events = [(0, "a", 3.0), (0, "b", 1.0), (0, "c", 3.0), (0, "d", 2.0), (1, "a", 0.0), (1, "b", 0.0)]
    with caplog.at_level(logging.WARNING):
        table = check_events(raw_events(events), name="mine")
    assert [table.user_ids[user] for user in table.user] == ["b", "d", "a", "c", "a", "b"]  # a before c: file order
    assert table.time.tolist() == [1.0, 2.0, 3.0, 3.0, 0.0, 0.0]
    assert table.repairs.reordered_cascades == 1
    assert caplog.messages == ["mine: repaired while reading: 1 reordered cascade."]


def test_the_earliest_event_of_a_repeated_user_is_kept() -> None:
    table = check_events(raw_events([(0, "a", 5.0), (0, "b", 6.0), (0, "a", 1.0), (0, "b", 6.0), (1, "a", 9.0)]))
    assert [table.user_ids[user] for user in table.user] == ["a", "b", "a"]
    assert table.time.tolist() == [1.0, 6.0, 9.0]
    assert table.ptr.tolist() == [0, 2, 3]
    assert table.repairs.repeated_users == 2


def test_interleaved_cascades_are_grouped_without_a_repair() -> None:
    table = check_events(raw_events([(1, "a", 0.0), (0, "b", 1.0), (1, "c", 2.0), (0, "d", 3.0)]))
    assert [table.user_ids[user] for user in table.user] == ["b", "d", "a", "c"]
    assert table.user_ids.tolist() == ["a", "b", "c", "d"]  # as they appear in the file
    assert not table.repairs


def test_a_source_without_a_time_takes_that_of_the_first_event() -> None:
    events = [(0, "a", math.nan), (0, "b", 5.0), (0, "c", 4.0), (1, "d", 2.0), (1, "a", 3.0)]
    table = check_events(raw_events(events, sources_untimed=True))
    assert [table.user_ids[user] for user in table.user] == ["a", "c", "b", "d", "a"]
    assert table.time.tolist() == [4.0, 4.0, 5.0, 2.0, 3.0]
    assert table.repairs.untimed_sources == 1


def test_a_cascade_of_one_user_is_kept() -> None:
    table = check_events(raw_events([(0, "a", 2.0), (1, "a", 1.0)]))
    assert table.ptr.tolist() == [0, 1, 2]


def test_two_cascades_may_spread_one_item() -> None:
    item = np.array(["x", "y", "x"], dtype=object)
    table = check_events(raw_events([(0, "a", 0.0), (1, "a", 1.0), (2, "a", 2.0)], item=item))
    assert table.item.tolist() == [0, 1, 0]
    assert table.item_ids.tolist() == ["x", "y"]


def test_several_files_share_users_and_keep_their_part() -> None:
    train = raw_events([(0, "a", 0.0), (1, "b", 1.0), (1, "a", 2.0)], reattached_parents=2)
    test = raw_events([(0, "c", 3.0), (0, "b", 2.0)], reattached_parents=1)
    table = check_events([train, test], parts=[0, 2])
    assert table.user_ids.tolist() == ["a", "b", "c"]
    assert table.user.tolist() == [0, 1, 0, 1, 2]
    assert table.ptr.tolist() == [0, 1, 3, 5]
    assert table.item.tolist() == [0, 1, 0]
    assert table.part is not None
    assert table.part.tolist() == [0, 0, 2]
    assert table.repairs.reattached_parents == 3
    assert table.repairs.reordered_cascades == 1


def test_parents_become_positions_in_the_sorted_cascade() -> None:
    events = [(0, "c", 3.0), (0, "a", 1.0), (1, "b", 0.0), (0, "b", 2.0), (0, "a", 4.0), (1, "c", 0.0)]
    table = check_events(raw_events(events, parent=["b", None, None, "a", "c", "b"]))
    assert [table.user_ids[user] for user in table.user] == ["a", "b", "c", "b", "c"]
    assert table.parent is not None
    assert table.parent.tolist() == [0, 0, 1, 0, 0]


def test_a_cascade_may_have_two_roots() -> None:
    table = check_events(raw_events([(0, "a", 0.0), (0, "b", 1.0), (0, "c", 2.0)], parent=[None, None, "b"]))
    assert table.parent is not None
    assert table.parent.tolist() == [0, 1, 1]


def test_parents_that_only_one_file_has_are_left_out_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        table = check_events([raw_events([(0, "a", 0.0)], parent=[None]), raw_events([(0, "b", 0.0)])])
    assert table.parent is None
    assert caplog.messages == ["parents are known in only 1 of 2 files and were left out."]


@pytest.mark.parametrize(
    ("events", "changes", "message"),
    [
        ([], {}, "some.csv: empty; it contains no cascade"),
        ([(0, "a", 0.0), (0, "", 1.0)], {}, "some.csv, row 2: the user id is empty"),
        ([(0, "a", 0.0), (0, None, 1.0)], {}, "some.csv, row 2: the user id is empty"),
        ([(0, "a", math.nan)], {}, "some.csv, row 1: the time of user 'a' is missing; every event needs one"),
        ([(0, "a", 0.0), (0, "b", math.inf)], {}, "some.csv, row 2: the time of user 'b' is inf; it must be finite"),
        ([(0, "a", 0.0), (0, "b", -2.5)], {}, "row 2: the time of user 'b' is -2.5; .* cannot be negative: shift"),
        ([(0, "a", math.nan), (0, "b", math.nan)], {"sources_untimed": True}, "row 2: the time of user 'b' is missing"),
        ([(0, "a", math.inf), (0, "b", 1.0)], {"sources_untimed": True}, "row 1: the time of user 'a' is inf"),
        (
            [(0, "a", 0.0), (1, "b", math.nan)],
            {"sources_untimed": True},
            "row 2: the source 'b' has no time and no event follows to take it from; leave the cascade out",
        ),
        ([(0, "a", 0.0), (2, "b", 0.0)], {}, "some.csv: 1 cascades have no event"),
    ],
)
def test_invalid_events_are_an_error(events: list[Event], changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        check_events(raw_events(events, **changes))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("parent", "row", "who"),
    [
        ([None, "z", "a"], 2, "user 'b' is infected by 'z'"),  # in no cascade
        ([None, "d", "a"], 2, "user 'b' is infected by 'd'"),  # in another cascade
        ([None, "c", "a"], 2, "user 'b' is infected by 'c'"),  # later
        ([None, "b", "a"], 2, "user 'b' is infected by 'b'"),  # the same user
        ([None, "a", ""], 3, "user 'c' is infected by ''"),
    ],
)
def test_a_parent_without_an_earlier_event_is_an_error(parent: list[str | None], row: int, who: str) -> None:
    first = raw_events([(0, "d", 0.0)], parent=[None], path="first.csv")
    second = raw_events([(0, "a", 0.0), (0, "b", 1.0), (0, "c", 2.0)], parent=parent)
    message = f"some.csv, row {row}: {who}, who has no earlier event in the same cascade; leave the parent of a root"
    with pytest.raises(DataError, match=message):
        check_events([first, second])


def test_the_error_names_the_second_file() -> None:
    with pytest.raises(DataError, match=r"second\.csv, row 1: the time of user 'b' is missing"):
        check_events([raw_events([(0, "a", 0.0)]), raw_events([(0, "b", math.nan)], path="second.csv")])


# The rules as plain loops, compared on random files with few users and few times, so that ties, repetitions and
# disorder are frequent.


def plain_check(files: list[list[Event]]) -> tuple[list[list[tuple[str, float]]], list[str], tuple[int, int, int]]:
    """Returns cascades as lists of (user, time), the ids in order, and the counts of repairs."""
    cascades, ids = [], []
    reordered = repeated = untimed = 0
    for events in files:
        ids += [user for _, user, _ in events]
        for number in range(1 + max(event[0] for event in events)):
            cascade = [(user, time) for owner, user, time in events if owner == number]
            if math.isnan(cascade[0][1]):
                untimed += 1
                cascade[0] = (cascade[0][0], min(time for _, time in cascade[1:]))
            in_order = sorted(cascade, key=lambda event: event[1])
            reordered += in_order != cascade
            kept: dict[str, float] = {}
            for user, time in in_order:
                kept.setdefault(user, time)
            repeated += len(cascade) - len(kept)
            cascades.append(list(kept.items()))
    return cascades, list(dict.fromkeys(ids)), (reordered, repeated, untimed)


@st.composite
def files_of_events(draw: st.DrawFn) -> list[list[Event]]:
    files = []
    for _ in range(draw(st.integers(1, 3))):
        one = st.tuples(st.integers(0, 3), st.sampled_from("abcde"), st.integers(0, 4).map(float))
        events = draw(st.lists(one, min_size=1, max_size=16))
        numbers = {owner: k for k, owner in enumerate(sorted({event[0] for event in events}))}
        events = [(numbers[owner], user, time) for owner, user, time in events]
        for number in numbers.values():
            rows = [k for k, event in enumerate(events) if event[0] == number]
            if len(rows) > 1 and draw(st.booleans()):
                events[rows[0]] = (number, events[rows[0]][1], math.nan)
        files.append(events)
    return files


@settings(deadline=None)
@given(files_of_events())
def test_random_files_equal_plain_loops(files: list[list[Event]]) -> None:
    table = check_events([raw_events(events, sources_untimed=True) for events in files])
    cascades, ids, repaired = plain_check(files)
    assert table.user_ids.tolist() == ids
    dataset = CascadeDataset(table)
    found = [[(ids[int(u)], float(t)) for u, t in zip(c.user, c.time, strict=True)] for c in dataset]
    assert found == cascades
    repairs = table.repairs
    assert (repairs.reordered_cascades, repairs.repeated_users, repairs.untimed_sources) == repaired
    assert all(cascade.validate() for cascade in dataset)


@pytest.mark.parametrize("seed", range(5))
def test_random_trees_in_random_order_keep_their_parents(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows: list[tuple[Event, str | None]] = []
    expected: list[list[tuple[str, str]]] = []
    for number in range(8):
        size = int(rng.integers(1, 12))
        names = [f"u{user}" for user in rng.permutation(15)[:size]]
        times = np.sort(rng.permutation(100)[:size]).astype(float)
        parents = [int(rng.integers(0, k)) if k and rng.random() < 0.9 else k for k in range(size)]
        expected.append([(name, names[parent]) for name, parent in zip(names, parents, strict=True)])
        for k in range(size):
            rows.append(((number, names[k], float(times[k])), names[parents[k]] if parents[k] != k else None))
    rows = [rows[k] for k in rng.permutation(len(rows))]
    table = check_events(raw_events([event for event, _ in rows], parent=[parent for _, parent in rows]))
    found = []
    for cascade in CascadeDataset(table):
        names = [str(table.user_ids[user]) for user in cascade.user]
        found.append([(name, names[parent]) for name, parent in zip(names, cascade.parent.tolist(), strict=True)])
        assert cascade.validate()
    assert found == expected


def test_many_repeated_users_are_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    frame = pd.DataFrame({"user": ["a", "b"] * 10, "item": "x", "time": range(20)})
    from_pandas(frame)
    assert "90 % of the events were left out because their users are already in the cascade" in caplog.text


def test_a_zero_byte_in_an_id_is_an_error() -> None:
    with pytest.raises(DataError, match=r"row 2: .*zero byte"):
        from_pandas(pd.DataFrame({"user": ["a", "b\0"], "item": "x", "time": [1, 2]}))
