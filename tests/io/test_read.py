from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd
import pytest

from graphcascade.errors import DataError, MissingFileError, UnknownNameError, UsageError
from graphcascade.io import FORMATS, guess_format, read_cascades

FIXTURES = {
    "ndm": "ndm.txt",
    "mshgat": "mshgat.txt",
    "topolstm": "topolstm.txt",
    "hidan": "hidan.txt",
    "deephawkes": "deephawkes.txt",
    "netinf": "netinf.txt",
}


def test_every_format_has_a_name() -> None:
    assert set(FORMATS) == {*FIXTURES, "csv", "tsv", "jsonl", "parquet", "xlsx", "interactions"}


def test_a_pipe_is_read_once(fixtures: Path) -> None:
    """As in "graphcascade describe <(zcat cascades.txt.gz)": guessing the format would consume the first lines."""
    reading, writing = os.pipe()
    os.write(writing, (fixtures / "ndm.txt").read_bytes())
    os.close(writing)
    path = Path(f"/dev/fd/{reading}")
    with pytest.raises(
        UsageError, match=rf"{path}: a pipe can be read only once, .* state it, for example with format='csv'"
    ):
        read_cascades(path)
    found = read_cascades(path, format="ndm")
    os.close(reading)
    assert found.user_ids.tolist() == read_cascades(fixtures / "ndm.txt").user_ids.tolist()


@pytest.mark.parametrize("name", FIXTURES)
def test_the_format_is_guessed_by_the_first_lines(fixtures: Path, tmp_path: Path, name: str) -> None:
    path = fixtures / FIXTURES[name]
    assert guess_format(path) == name
    packed = tmp_path / f"{name}.txt.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert guess_format(packed) == name
    bare = tmp_path / "bare"
    shutil.copy(path, bare)
    assert guess_format(bare) == name


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("5,10\n", "ndm"),
        ("5,10\n6,11 7,12\n", "ndm"),
        ("5,1.5e9 ab,-2\r\n", "ndm"),
        ("a b 1,c 2\n", "mshgat"),
        ("a b 1,\n", "mshgat"),
        ("a b 1\nc d 2,e 3\n", "mshgat"),  # the first line alone could be TopoLSTM's
        ("a b 1\nc d 2 e 3\n", "topolstm"),
        ("b 1,c 2\n", "mshgat"),
        ("5:10\n", "hidan"),
        ("0,1\n1,2\n\n0,1.5,1,2\n", "netinf"),  # users called "1" and "2"
        ("0,a\n\n17;0,1.5\n", "netinf"),
    ],
)
def test_guesses_match_the_format(write: Callable[..., Path], content: str, name: str) -> None:
    assert guess_format(write(content)) == name


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a.csv", "csv"),
        ("a.CSV", "csv"),
        ("a.tsv.gz", "tsv"),
        ("a.jsonl", "jsonl"),
        ("a.ndjson", "jsonl"),
        ("a.parquet", "parquet"),
        ("a.b.csv.gz", "csv"),
    ],
)
def test_the_format_is_guessed_by_the_ending(write: Callable[..., Path], name: str, format: str) -> None:
    assert guess_format(write("", name)) == format


@pytest.mark.parametrize("content", ["hello world\n", "1,100,2 3,4\n", "{}\n", "user;item;time\n"])
def test_a_format_that_cannot_be_guessed_raises_an_error(write: Callable[..., Path], content: str) -> None:
    with pytest.raises(
        UsageError,
        match=r"cascades.txt, line 1: cannot guess the format of .*ndm, mshgat.*interactions, .* format='csv'",
    ):
        guess_format(write(content))


def test_an_ambiguous_format_raises_an_error(write: Callable[..., Path]) -> None:
    with pytest.raises(UsageError, match=r"cascades.txt: .*mshgat.* topolstm"):
        guess_format(write("a b 1\nc d 2\n"))


def test_guessing_the_format_of_an_empty_file_raises_an_error(write: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cascades.txt: empty"):
        guess_format(write("\n"))
    with pytest.raises(MissingFileError, match="there is no such file"):
        guess_format(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("name", "ptr", "users", "absolute"),
    [
        ("ndm", [0, 3, 5], ["12", "7", "3"], True),
        ("mshgat", [0, 3, 5, 9], ["158", "244", "12", "29", "856"], False),
        ("topolstm", [0, 3, 5], ["476", "12", "352", "9"], True),
        ("hidan", [0, 3, 5], ["u1", "u2", "u3", "u4"], False),
        ("deephawkes", [0, 4, 6], ["ann", "bob", "dee", "cy", "eve"], True),
        ("netinf", [0, 2, 5], ["news.example", "blog.example", "wiki.example"], True),
    ],
)
@pytest.mark.parametrize("stated", [True, False])
def test_every_format_is_read(
    fixtures: Path, name: str, ptr: list[int], users: list[str], absolute: bool, stated: bool
) -> None:
    dataset = read_cascades(fixtures / FIXTURES[name], format=name if stated else None)
    assert dataset.table.ptr.tolist() == ptr
    assert dataset.user_ids.tolist() == users
    assert dataset.table.times_absolute is absolute
    assert dataset.name == name


def test_the_unit_is_that_of_the_format_or_the_argument(fixtures: Path, write: Callable[..., Path]) -> None:
    assert read_cascades(fixtures / "ndm.txt").time_unit is None
    assert read_cascades(fixtures / "ndm.txt", time_unit="h").time_unit == "h"
    assert read_cascades(fixtures / "deephawkes.txt").time_unit == "s"
    assert read_cascades(write("user,item,time\na,x,2024-05-01\n", "log.csv")).time_unit == "s"
    assert read_cascades(write("user,item,time\na,x,1\n", "log.csv"), time_unit="d").time_unit == "d"
    for path in (fixtures / "ndm.txt", write("user,item,time\na,x,1\n", "log.csv")):
        with pytest.raises(UsageError, match="time_unit='weeks': use one of"):
            read_cascades(path, time_unit="weeks")


def test_interactions_have_default_columns(fixtures: Path) -> None:
    for columns in ({}, {"user": "user", "item": "item", "time": "time"}):
        dataset = read_cascades(fixtures / "interactions.csv", format="interactions", **columns)
        assert dataset.table.ptr.tolist() == [0, 2, 3]
        assert dataset.item_ids.tolist() == ["a", "b"]


def test_columns_are_named_by_arguments(fixtures: Path) -> None:
    dataset = read_cascades(fixtures / "interactions.csv", user="user_id", item="topic_id", time="timestamp")
    assert dataset.user_ids.tolist() == ["12", "7"]


@pytest.mark.parametrize("kind", ["file", "networkx", "table"])
def test_a_follow_graph_is_read_over_the_users_of_the_cascades(fixtures: Path, kind: str) -> None:
    source: Any = fixtures / "follows.txt"
    if kind == "networkx":
        source = nx.DiGraph([(12, 7), (7, 3), (3, 12)])
    if kind == "table":
        source = pd.DataFrame([(12, 7), (7, 3), (3, 12)])
    dataset = read_cascades(fixtures / "ndm.txt", follow_graph=source)
    assert dataset.follow_graph is not None
    assert dataset.follow_graph.edge_index.t().tolist() == [[0, 1], [1, 2], [2, 0]]  # 12, 7, 3 are 0, 1, 2


def test_a_follow_graph_with_unknown_users_raises_an_error(fixtures: Path) -> None:
    with pytest.raises(DataError, match="names '99', who is not one of the 3 known users"):
        read_cascades(fixtures / "ndm.txt", follow_graph=nx.DiGraph([(12, 99)]))


def test_an_unknown_format_raises_an_error(fixtures: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown format 'ndn': .*ndm"):
        read_cascades(fixtures / "ndm.txt", format="ndn")


def test_the_wrong_format_names_the_line(fixtures: Path) -> None:
    with pytest.raises(DataError, match=r"hidan.txt, line 1"):
        read_cascades(fixtures / "hidan.txt", format="ndm")


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("path", "name", "cascades"),
    [
        ("ndm/irvine/cascade.txt", "ndm", None),
        ("ndm/memetracker/cascadetest.txt", "ndm", None),
        ("topolstm/twitter/test.txt", "topolstm", None),
        ("mshgat/android/cascades.txt", "mshgat", 679),
    ],
)
def test_the_formats_of_published_files_are_guessed(
    real_data: Path, path: str, name: str, cascades: int | None
) -> None:
    assert guess_format(real_data / path) == name
    dataset = read_cascades(real_data / path)
    lines = [line for line in (real_data / path).read_text().splitlines() if line.strip()]
    assert len(dataset) == len(lines) == (cascades or len(lines))


def test_a_frame_is_read_by_another_function() -> None:
    with pytest.raises(UsageError, match="must be a path, not DataFrame; from_pandas makes cascades of a DataFrame"):
        read_cascades(pd.DataFrame({"user": [1]}))  # type: ignore[arg-type]
