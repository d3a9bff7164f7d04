from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphcascade.data import check_events
from graphcascade.errors import DataError
from graphcascade.io import read_mshgat


def test_lines_may_end_with_a_comma_and_share_an_item(fixtures: Path, plain: Callable[..., Any]) -> None:
    raw = read_mshgat(fixtures / "mshgat.txt")
    assert plain(raw) == [
        ("158", [("244", 100.0, 1), ("12", 105.5, 1)]),
        ("29", [("856", 7.0, 2)]),
        ("158", [("12", 50.0, 3), ("244", 60.0, 3), ("856", 60.0, 3)]),
    ]
    table = check_events(raw)
    assert table.item_ids.tolist() == ["158", "29"]
    assert table.item.tolist() == [0, 1, 0]


@pytest.mark.parametrize("line", ["158", "158 244", "158 244 100,12", "158 244 100 12 105", "158 1 2,,3 4", "158 ,"])
def test_a_line_of_another_form(write: Callable[..., Path], line: str) -> None:
    with pytest.raises(DataError, match=r"cascades.txt, line 2: .*not of the form 'cascade_id user time,"):
        read_mshgat(write(f"1 2 3\n{line}\n"))


def test_a_time_that_is_no_number(write: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match=r"cascades.txt, line 1: the time of user '3' is 'x', which is not a number"):
        read_mshgat(write("9 1 2,3 x\n"))


def test_a_file_without_ids(write: Callable[..., Path], plain: Callable[..., Any]) -> None:
    raw = read_mshgat(write("244 100,12 105.5,\n856 7\n"))
    assert plain(raw) == [
        ("cascades:1", [("244", 100.0, 1), ("12", 105.5, 1)]),
        ("cascades:2", [("856", 7.0, 2)]),
    ]
    with pytest.raises(DataError, match=r"cascades.txt, line 2: '158 244 100' is not of the form"):
        read_mshgat(write("244 100\n158 244 100\n"))


@pytest.mark.real_data
def test_android(real_data: Path) -> None:
    table = check_events(read_mshgat(real_data / "mshgat" / "android" / "cascades.txt"))
    assert table.num_cascades == 679
    assert table.num_users == 2925
    assert int(table.size.max()) == 509
    assert not table.repairs
    assert table.item_ids[table.item[0]] == "158"
