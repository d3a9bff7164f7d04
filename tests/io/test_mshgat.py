from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphcascade.data import check_events
from graphcascade.errors import DataError
from graphcascade.io import read_cascades, read_mshgat


def test_the_first_field_is_the_root_who_has_no_time(fixtures: Path) -> None:
    raw = read_mshgat(fixtures / "mshgat.txt")
    assert raw.user.tolist() == ["158", "244", "12", "29", "856", "158", "12", "244", "856"]
    assert np.isnan(raw.time).tolist() == [True, False, False, True, False, True, False, False, False]
    table = check_events(raw)
    assert table.ptr.tolist() == [0, 3, 5, 9]
    assert table.time.tolist() == [100.0, 100.0, 105.5, 7.0, 7.0, 50.0, 50.0, 60.0, 60.0]  # that of the first event
    assert table.item_ids.tolist() == ["mshgat:1", "mshgat:2", "mshgat:3"]
    assert table.repairs.untimed_sources == 3


def test_times_relative_to_each_root_have_no_order(fixtures: Path) -> None:
    dataset = read_cascades(fixtures / "mshgat.txt")
    assert not dataset.table.times_absolute
    assert dataset.splits(fractions=(0.4, 0.3, 0.3))[0].split.method == "random"


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("158", ""),
        ("158 244", "244"),
        ("158 244 100,12,7 8", "12"),
        ("158 244 100 12 105", "244 100 12 105"),
        ("158 1 2,,3 4", ""),
        ("158 1 2,3,", "3"),
        ("158 ,", ""),
    ],
)
def test_a_field_of_another_form_is_named(write: Callable[..., Path], line: str, field: str) -> None:
    with pytest.raises(
        DataError, match=rf"cascades.txt, line 2: the field '{field}' is not of the form 'user time'; .*'root user"
    ):
        read_mshgat(write(f"1 2 3\n{line}\n"))


def test_a_time_that_is_not_a_number_raises_an_error(write: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match=r"cascades.txt, line 1: the time of user '3' is 'x', which is not a number"):
        read_mshgat(write("9 1 2,3 x\n"))


def test_a_file_without_roots_has_absolute_times(write: Callable[..., Path], plain: Callable[..., Any]) -> None:
    raw = read_mshgat(write("244 100,12 105.5,\n856 7\n"))
    assert plain(raw) == [
        ("cascades:1", [("244", 100.0, 1), ("12", 105.5, 1)]),
        ("cascades:2", [("856", 7.0, 2)]),
    ]
    assert check_events(raw).times_absolute
    with pytest.raises(
        DataError, match=r"line 2: the field '158 244 100' is not of the form 'user time'; .*'user time"
    ):
        read_mshgat(write("244 100\n158 244 100\n"))


@pytest.mark.parametrize("root", ["", "9 "])
def test_an_event_cut_off_at_the_end_of_the_file_is_left_out_and_counted(
    write: Callable[..., Path], caplog: pytest.LogCaptureFixture, root: str
) -> None:
    path = write(f"{root}1 1.285959877e+9,2 1.285960178e+9,\n{root}3 1.285960039e+9,4 1.285960051e+9,17892")
    table = check_events(read_mshgat(path))
    assert [user for user in table.user_ids if user != "9"] == ["1", "2", "3", "4"]
    assert table.repairs.cut_off_events == 1
    assert "1 cut off event" in caplog.text
    with pytest.raises(DataError, match=r"line 1: the field '17892' is not of the form"):  # not at the end of the file
        read_mshgat(write(f"{root}3 1.285960039e+9,17892\n{root}1 5,2 6\n"))


def test_a_cut_off_event_alone_is_not_a_cascade(write: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match=r"line 1: the field '17892'"):
        read_mshgat(write("17892"))


@pytest.mark.real_data
def test_figures_of_android_are_the_published_ones(real_data: Path) -> None:
    raw = read_mshgat(real_data / "mshgat" / "android" / "cascades.txt")
    roots = np.flatnonzero(np.isnan(raw.time))
    assert len(set(raw.user[roots])) == 374
    table = check_events(raw)
    assert table.num_cascades == 679
    assert table.num_users == 2_927  # 2,925 who are infected at a time, and two who are roots only
    assert int(table.size.max()) == 510
    assert math.isclose(float(table.size.clamp(max=100).double().mean()), 33.33, abs_tol=0.01)  # Table 1: 33.3
    assert (table.repairs.untimed_sources, table.repairs.repeated_users, table.repairs.reordered_cascades) == (
        679,
        0,
        0,
    )
    assert table.user_ids[table.source[0]] == "158"
