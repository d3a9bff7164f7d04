from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphcascade.errors import DataError
from graphcascade.io import read_netinf


def test_names_are_the_ids(fixtures: Path, plain: Callable[..., Any]) -> None:
    assert plain(read_netinf(fixtures / "netinf.txt")) == [
        ("netinf:5", [("news.example", 0.5, 5), ("blog.example", 1.25, 5)]),
        ("netinf:6", [("wiki.example", 3.0, 6), ("news.example", 4.0, 6), ("blog.example", 5.0, 6)]),
    ]


def test_cascades_may_have_ids(fixtures: Path, plain: Callable[..., Any]) -> None:
    assert plain(read_netinf(fixtures / "infopath.txt")) == [
        ("17", [("news.example", 0.5, 4), ("blog.example", 1.25, 4)]),
        ("18", [("blog.example", 3.0, 5)]),
    ]


def test_blank_lines_before_the_table_and_between_cascades_are_ignored(
    write: Callable[..., Path], plain: Callable[..., Any]
) -> None:
    raw = read_netinf(write("\n\n0,a\n1,b\n\n\n0,1\n\n1,2\n"))
    assert plain(raw) == [("cascades:7", [("a", 1.0, 7)]), ("cascades:9", [("b", 2.0, 9)])]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("0\n\n0,1\n", "line 1: '0' is not of the form 'id,name"),
        ("0,a\n\n0\n", "line 3: '0' is not of the form 'id,time"),
        ("0,a\n\n0,1,0\n", "line 3: '0,1,0' is not of the form 'id,time"),
        ("0,a\n\n5;\n", "line 3: '5;' is not of the form 'id,time"),
        ("0,a\n\n0,x\n", "line 3: the time of user 'a' is 'x', which is not a number"),
        ("0,a\n\n0,1,7,2\n", "line 3: user '7' is not in the table of users"),
        ("0,a\n1,a\n\n0,1\n", "line 2: .*'a'"),
        ("0,a\n0,b\n\n0,1\n", "line 2: .*'0'"),
        ("0,a\n1,b\n", "no cascades"),
        ("0,a\n1,b\n2,c\n\n0,0.0;1,1.5;2,3.0\n", "line 5: '0,0.0;1,1.5;2,3.0' has a ';' between its events"),
        ("0,a\n1,b\n\n7;0,1;1,2\n", "line 4: '7;0,1;1,2' has a ';' between its events"),
        ("0,a\n1,b\n\n7;8;0,1\n", "line 4: '7;8;0,1' has a ';' between its events"),
        ("0,a\n\n;0,1\n", "line 3: ';0,1' is not of the form 'id,time"),
        ("0,a\n1,\n\n0,1\n", "line 2: '1,' is not of the form 'id,name"),
    ],
)
def test_a_line_of_another_form_raises_an_error(write: Callable[..., Path], content: str, message: str) -> None:
    with pytest.raises(DataError, match=f"cascades.txt(, |: ){message}"):
        read_netinf(write(content))
