from __future__ import annotations

import builtins
import gzip
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from graphcascade.errors import DataError, MissingFileError
from graphcascade.io import read_log

ROWS = [("12", "x", "100"), ("007", "x", "105.5"), ("12", "y", "3")]
EXPECTED = [("x", [("12", 100.0), ("007", 105.5)]), ("y", [("12", 3.0)])]


def cascades(path: Path, **columns: Any) -> list[tuple[str, list[tuple[str, float]]]]:
    raw, _ = read_log(path, **columns)
    result: list[tuple[str, list[tuple[str, float]]]] = [(item, []) for item in raw.item]
    for cascade, user, time in zip(raw.cascade, raw.user, raw.time, strict=True):
        result[cascade][1].append((user, float(time)))
    return result


def text(separator: str, rows: list[tuple[str, ...]] = ROWS) -> str:
    return "".join(separator.join(row) + "\n" for row in [("user", "item", "time"), *rows])


def test_csv_keeps_ids_as_they_are_written(write: Callable[..., Path]) -> None:
    assert cascades(write(text(","), "log.csv")) == EXPECTED


def test_tsv(write: Callable[..., Path]) -> None:
    assert cascades(write(text("\t"), "log.tsv")) == EXPECTED


def test_gzip(write: Callable[..., Path]) -> None:
    assert cascades(write(gzip.compress(text(",").encode()), "log.csv.gz")) == EXPECTED
    lines = b'{"user": "12", "item": "x", "time": 1}\n'
    assert cascades(write(gzip.compress(lines), "log.jsonl.gz")) == [("x", [("12", 1.0)])]


def test_columns_in_any_order_blanks_quotes_and_the_mark_of_utf8(write: Callable[..., Path]) -> None:
    content = '\ufefftime, other ,item,user\r\n1,,"x,""y""\nz", ann \r\n2,q,w,bob\r\n'
    assert cascades(write(content, "log.csv")) == [('x,"y"\nz', [("ann", 1.0)]), ("w", [("bob", 2.0)])]


@pytest.mark.parametrize("ending", ["jsonl", "ndjson"])
def test_jsonl(write: Callable[..., Path], ending: str) -> None:
    content = (
        '{"user": 12, "item": "x", "time": 100}\n\n'
        '{"time": 105.5, "user": "007", "item": "x", "more": [1]}\n'
        '{"user": "12", "item": "y", "time": 3}\n'
    )
    assert cascades(write(content, f"log.{ending}")) == EXPECTED


def test_large_ids_of_jsonl_keep_every_digit(write: Callable[..., Path]) -> None:
    content = (
        '{"user": 123456789012345678, "item": 1, "time": 1, "parent": null}\n'
        '{"user": 99999999999999999999999999, "item": 1, "time": 2, "parent": 123456789012345678}\n'
    )
    raw, _ = read_log(write(content, "log.jsonl"))
    assert raw.user.tolist() == ["123456789012345678", "99999999999999999999999999"]
    assert raw.parent is not None
    assert raw.parent.tolist() == [None, "123456789012345678"]


def test_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / "log.parquet"
    frame = pd.DataFrame({"user": [12, 7], "item": ["x", "x"], "time": pd.to_datetime(["2024-05-01", "2024-05-02"])})
    frame.to_parquet(path)
    assert cascades(path) == [("x", [("12", 1714521600.0), ("7", 1714608000.0)])]
    assert read_log(path)[1] == "s"
    frame["user"] = [12.0, None]
    frame.to_parquet(path)
    with pytest.raises(DataError, match=r"log.parquet, row 2: the user id is missing"):
        read_log(path)


def test_parquet_without_pyarrow(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.split(".")[0] in ("pyarrow", "fastparquet"):
            raise ImportError(f"no module {name}")
        return original(name, *args, **kwargs)

    for name in [name for name in sys.modules if name.split(".")[0] == "pyarrow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingFileError, match=r"needs pyarrow: pip install 'graphcascade\[parquet\]'") as caught:
        read_log(write("", "log.parquet"))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_parquet(write: Callable[..., Path]) -> None:
    pytest.importorskip("pyarrow")
    with pytest.raises(DataError, match=r"log.parquet: not a readable Parquet file"):
        read_log(write("user,item,time\n", "log.parquet"))


def test_names_of_columns_and_unit(fixtures: Path) -> None:
    path = fixtures / "interactions.csv"
    assert cascades(path, user="user_id", item="topic_id", time="timestamp") == [
        ("a", [("12", 100.0), ("7", 130.0)]),
        ("b", [("7", 50.0)]),
    ]
    assert read_log(path, "user_id", "topic_id", "timestamp", time_unit="min")[1] == "min"
    with pytest.raises(DataError, match=r"interactions.csv: there is no column 'user' .*user=\"user_id\""):
        read_log(path)


def test_events_know_their_lines(write: Callable[..., Path]) -> None:
    raw, _ = read_log(write('user,item,time\n\na,"x\ny",1\n\nb,x,2\n', "log.csv"))
    assert raw.line.tolist() == [3, 6]
    assert raw.where(1).endswith("log.csv, line 6")
    raw, _ = read_log(write('{"user":1,"item":1,"time":1}\n\n{"user":2,"item":1,"time":2}\n', "log.jsonl"))
    assert raw.line.tolist() == [1, 3]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", ": empty"),
        ("\n\n", ": empty"),
        ("user,item,time\n", ": empty"),
        ("user,item,time\na,x,1\n\nb,x\n", ", line 4: 2 fields.*3 columns"),
        ("user,item,time\na,x,1,9\nb,x,2,9\n", ", line 2: 4 fields.*3 columns"),
        ("user,item,time\na,x,1\nb,x,2,9\n", ", line 3: 4 fields.*3 columns"),
        ("user,item,time\na,x,1\n\nb,,2\n", ", line 4: the item id is missing"),
        ("user,item,time\na,x,1\n\n,x,2\n", ", line 4: the user id is missing"),
        ("user,item,time\na,x,1\n\nb,x,noon\n", ", line 4: the time 'noon' is not a number"),
        ("user,item,time,time\na,x,1,2\n", ": there are 2 columns 'time'"),
        ('user,item,time\na,x,1\n"b,x,2\n', ", line 3: .*check its quotation marks"),
    ],
)
def test_a_csv_that_cannot_be_right(write: Callable[..., Path], content: str, message: str) -> None:
    with pytest.raises(DataError, match=f"log.csv{message}"):
        read_log(write(content, "log.csv"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", ": empty"),
        ('{"user": 1, "item": 1, "time": 1}\n\n{"user": 1, "item"\n', ", line 3: not JSON"),
        ('{"user": 1, "item": 1, "time": 1}\n[1, 2]\n', r", line 2: .*\[1, 2\].*object"),
        ('{"user": 1, "item": 1, "time": 1}\n{"user": 1, "time": 1}\n', ", line 2: the item id is missing"),
        ('{"user": 1, "item": 1, "time": 1}\n{"user": 1, "item": 1, "time": "noon"}\n', ", line 2: the time 'noon'"),
    ],
)
def test_a_jsonl_that_cannot_be_right(write: Callable[..., Path], content: str, message: str) -> None:
    with pytest.raises(DataError, match=f"log.jsonl{message}"):
        read_log(write(content, "log.jsonl"))


@pytest.mark.parametrize(
    ("name", "first"),
    [("log.csv", b"user,item,time"), ("log.tsv", b"user\titem\ttime"), ("log.jsonl", b'{"user":1,"item":1,"time":1}')],
)
def test_not_utf8(write: Callable[..., Path], name: str, first: bytes) -> None:
    with pytest.raises(DataError, match=f"{name}, line 2: not UTF-8 text"):
        read_log(write(first + b"\n\xff\n", name))


@pytest.mark.parametrize("name", ["log.csv", "log.tsv", "log.jsonl", "log.parquet", "log.csv.gz"])
def test_a_file_that_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(MissingFileError, match=f"{name}: there is no such file"):
        read_log(tmp_path / name)


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="this is a folder"):
        read_log(tmp_path)
