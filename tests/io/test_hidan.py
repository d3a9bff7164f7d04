from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphcascade.errors import DataError
from graphcascade.io import read_cascades, read_hidan


def test_a_line_has_users_and_then_times(fixtures: Path, plain: Callable[..., Any]) -> None:
    assert plain(read_hidan(fixtures / "hidan.txt")) == [
        ("hidan:1", [("u1", 0.0, 1), ("u2", 5.0, 1), ("u3", 7.5, 1)]),
        ("hidan:2", [("u2", 0.0, 2), ("u4", 1.0, 2)]),
    ]


@pytest.mark.parametrize("line", ["u1", "u1,u2", ":1,2", "u1:", ":"])
def test_a_line_of_another_form_raises_an_error(write: Callable[..., Path], line: str) -> None:
    with pytest.raises(DataError, match=r"cascades.txt, line 2: .* is not of the form 'user,user,...:time,time,..."):
        read_hidan(write(f"a:1\n{line}\n"))


def test_a_line_with_more_users_than_times_raises_an_error(write: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match=r"cascades.txt, line 1: .*3 and 2"):
        read_hidan(write("a,b,c:1,2\n"))


def test_a_time_that_is_not_a_number_raises_an_error(write: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match=r"cascades.txt, line 1: the time of user 'b' is 'x', which is not a number"):
        read_hidan(write("a,b:1,x\n"))


def test_times_are_relative_where_every_cascade_begins_at_0(write: Callable[..., Path]) -> None:
    assert read_hidan(write("a,b:0,2\nc,a:1.5,0.0\n")).times_relative
    absolute = write("a,b:1464710400,1464710460\nc,a:1464710500,1464710530\n")
    assert not read_hidan(absolute).times_relative
    dataset = read_cascades(absolute, format="hidan")
    train, _, test = dataset.splits("chronological", (0.5, 0.0, 0.5))
    assert (train[0].user.tolist(), test[0].user.tolist()) == ([0, 1], [2, 0])
