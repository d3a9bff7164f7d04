from __future__ import annotations

from typing import Any

import pytest
import torch

from graphcascade.data import CascadeDataset, ObservationWindow
from graphcascade.errors import DataError, UsageError
from tests.models.small_data import dataset_of

USERS = [[0, 1, 2, 3], [4, 5], [6, 7, 8]]
TIMES = [[0.0, 3.0, 10.0, 12.0], [20.0, 21.0], [35.0, 44.0, 46.0]]


def dataset(**changes: Any) -> CascadeDataset:
    return dataset_of(USERS, 9, TIMES, **changes)


def test_events_before_the_end_of_the_window_are_seen_and_the_others_are_counted() -> None:
    found = ObservationWindow("10s").apply(dataset(time_unit="s"))
    table = found.cascades.table
    assert table.user.tolist() == [0, 1, 4, 5, 6, 7]  # the event at time 10 is at the end, and not before it
    assert table.ptr.tolist() == [0, 2, 4, 6]
    assert table.growth is not None
    assert table.growth.tolist() == [2, 0, 1]
    assert found.not_reached == 0
    assert [int(cascade.growth) for cascade in found.cascades] == [2, 0, 1]


def test_cascades_whose_window_ends_after_the_data_are_left_out_and_counted() -> None:
    found = ObservationWindow("12").apply(dataset())  # the data end at 46, and the last cascade began at 35
    assert (found.index.tolist(), found.not_reached) == ([0, 1], 1)
    relative = ObservationWindow("12").apply(dataset(times_absolute=False))
    assert (relative.index.tolist(), relative.not_reached) == ([0, 1, 2], 0)


def test_a_number_of_events() -> None:
    found = ObservationWindow(observe_events=3).apply(dataset())
    table = found.cascades.table
    assert found.index.tolist() == [0, 2]
    assert found.not_reached == 1
    assert table.growth is not None
    assert table.growth.tolist() == [1, 0]
    assert ObservationWindow(observe_events=3).elapsed(table.time, table.ptr, None).tolist() == [10.0, 11.0]


def test_growth_that_the_files_state_is_added() -> None:
    recorded = dataset(growth=torch.tensor([5, 0, 7]), recorded=12.0, time_unit="s")
    found = ObservationWindow("10s").apply(recorded).cascades.table
    assert found.growth is not None
    assert found.growth.tolist() == [7, 0, 8]
    assert ObservationWindow("12s").apply(recorded).not_reached == 0  # they are recorded for this time
    with pytest.raises(UsageError, match=r"observe='1min': cascades has the events of the first 12 s of each cascade"):
        ObservationWindow("1min").apply(recorded)


def test_fingerprints_and_the_split_stay() -> None:
    train = dataset(time_unit="s").splits("random", (0.34, 0.33, 0.33))[0]
    observed = ObservationWindow("1s").apply(train).cascades
    assert observed.split == train.split
    assert torch.equal(observed.fingerprints, train.fingerprints)


def test_parents_stay_positions() -> None:
    found = ObservationWindow(observe_events=2).apply(dataset(parent=torch.tensor([0, 0, 1, 0, 0, 0, 0, 0, 1])))
    assert found.cascades.table.parent is not None
    assert found.cascades.table.parent.tolist() == [0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("window", "message"),
    [
        ({}, r"say how much of a cascade is observed.* observe='1h'"),
        ({"observe": "1h", "observe_events": 3}, "observe_events=3: .* leave one of the two out"),
        ({"observe_events": 0}, "observe_events=0: must be at least 1"),
        ({"observe": "0s"}, "observe='0s': must be above 0"),
        ({"observe": "an hour"}, "observe='an hour': must be a number with a unit .*, such as 1h"),
        ({"observe": "1y"}, "observe='1y': must be a number with a unit"),
    ],
)
def test_windows_that_are_none(window: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ObservationWindow(**window)


def test_windows_that_do_not_fit_the_data() -> None:
    with pytest.raises(UsageError, match="observe='1h': has a unit, and the times of the data have none"):
        ObservationWindow("1h").apply(dataset())
    with pytest.raises(DataError, match="none of 3 cascades has reached the end of the window, the first 1000"):
        ObservationWindow("1000").apply(dataset())
    with pytest.raises(DataError, match="the first 9 events; take a shorter one"):
        ObservationWindow(observe_events=9).apply(dataset())


@pytest.mark.parametrize(
    ("observe", "shown"),
    [
        ("3600s", "1h"),
        ("5400s", "90min"),
        ("172800s", "2d"),
        ("90min", "90min"),
        ("24h", "24h"),
        ("100.5s", "100.5s"),
        ("1000", "1000 (in the unit of the times)"),
    ],
)
def test_a_long_time_is_shown_in_a_larger_unit(observe: str, shown: str) -> None:
    assert str(ObservationWindow(observe)) == f"the first {shown}"
