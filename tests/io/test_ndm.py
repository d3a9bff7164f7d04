from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphcascade.data import check_events
from graphcascade.errors import DataError
from graphcascade.io import read_ndm


def test_events_and_items_are_read(fixtures: Path, plain: Callable[..., Any]) -> None:
    raw = read_ndm(fixtures / "ndm.txt")
    assert plain(raw) == [
        ("ndm:1", [("12", 100.0, 1), ("7", 105.5, 1), ("3", 105.5, 1)]),
        ("ndm:3", [("3", 20.0, 3), ("12", 30.0, 3)]),  # the blank second line counts as a line
    ]
    assert raw.parent is None
    assert not raw.sources_untimed
    assert raw.where(4) == f"{fixtures / 'ndm.txt'}, line 3"


def test_windows_line_ends_are_read(write: Callable[..., Path], plain: Callable[..., Any]) -> None:
    raw = read_ndm(write("1,2 3,4\r\n5,6\r\n"))
    assert plain(raw) == [("cascades:1", [("1", 2.0, 1), ("3", 4.0, 1)]), ("cascades:2", [("5", 6.0, 2)])]


@pytest.mark.parametrize("field", ["12", "12,", ",5", "12,7,100", "12;7"])
def test_a_field_of_another_form_raises_an_error(write: Callable[..., Path], field: str) -> None:
    with pytest.raises(DataError, match=rf"cascades.txt, line 2: .*'{field}"):
        check_events(read_ndm(write(f"1,2\n3,4 {field}\n")))


@pytest.mark.parametrize("time", ["noon", "1_000", "0x10"])
def test_a_time_that_is_not_a_number_raises_an_error(write: Callable[..., Path], time: str) -> None:
    with pytest.raises(DataError, match=rf"cascades.txt, line 1: the time of user '3' is '{time}'.*not a number"):
        read_ndm(write(f"1,2 3,{time}\n"))


@pytest.mark.parametrize("time", ["nan", "inf", "-inf", "1e999"])
def test_check_events_finds_a_time_that_is_not_finite(write: Callable[..., Path], time: str) -> None:
    with pytest.raises(DataError, match=r"cascades.txt, line 1: the time of user '3' is (missing|-?inf)"):
        check_events(read_ndm(write(f"1,2 3,{time}\n")))


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("folder", "longest", "unseen"),
    [("irvine", 111, 1), ("memetracker", 312, 0)],
)
def test_published_files_have_their_sizes_and_need_no_repairs(
    real_data: Path, folder: str, longest: int, unseen: int
) -> None:
    train = read_ndm(real_data / "ndm" / folder / "cascade.txt")
    test = read_ndm(real_data / "ndm" / folder / "cascadetest.txt")
    table = check_events([train, test], parts=[0, 1])
    assert int(table.size.max()) == longest
    assert not table.repairs
    assert len(set(test.user) - set(train.user)) == unseen


@pytest.mark.real_data
def test_some_cascades_of_memetracker_have_tied_times(real_data: Path) -> None:
    table = check_events(read_ndm(real_data / "ndm" / "memetracker" / "cascade.txt"))
    tied = sum(bool((table.time[i:k].diff() == 0).any()) for i, k in zip(table.ptr[:-1], table.ptr[1:], strict=True))
    assert tied == 97
