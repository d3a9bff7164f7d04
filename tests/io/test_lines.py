from __future__ import annotations

import csv
import gzip
import json
import os
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphcascade.data import RawEvents
from graphcascade.errors import DataError, MissingFileError, UsageError
from graphcascade.io import (
    read_cascades,
    read_deephawkes,
    read_follow_graph,
    read_hidan,
    read_mshgat,
    read_ndm,
    read_netinf,
    read_topolstm,
)
from graphcascade.io.lines import numbered_lines, parse_number, split_blanks

Reader = Callable[[Path], RawEvents]
readers = pytest.mark.parametrize(
    "reader", [read_ndm, read_mshgat, read_topolstm, read_hidan, read_deephawkes, read_netinf]
)


@readers
def test_a_file_that_is_not_there_raises_an_error(tmp_path: Path, reader: Reader) -> None:
    with pytest.raises(MissingFileError, match=r"nothing.txt: there is no such file"):
        reader(tmp_path / "nothing.txt")


@readers
def test_a_folder_raises_an_error(tmp_path: Path, reader: Reader) -> None:
    with pytest.raises(MissingFileError, match=r"this is a folder"):
        reader(tmp_path)


@readers
@pytest.mark.parametrize("content", ["", "\n\n \n"])
def test_an_empty_file_raises_an_error(write: Callable[..., Path], reader: Reader, content: str) -> None:
    with pytest.raises(DataError, match=r"cascades.txt: empty"):
        reader(write(content))


@readers
def test_a_file_that_is_not_utf8_raises_an_error(write: Callable[..., Path], reader: Reader) -> None:
    with pytest.raises(DataError, match=r"cascades.txt, line 1: not UTF-8 text"):
        reader(write(b"\xfc\xfe,1 2,3\n"))


def test_the_line_that_is_not_utf8_is_named(write: Callable[..., Path]) -> None:
    path = write(b"1,2\n\n3,4\n\xff,5\n6,7\n")
    with pytest.raises(DataError, match=r"cascades.txt, line 4: not UTF-8 text"):
        read_ndm(path)


def test_blank_lines_are_counted_and_the_byte_order_mark_is_removed(write: Callable[..., Path]) -> None:
    path = write("\ufeffa b \n\n \t\n c\r\nd".encode())
    assert list(numbered_lines(path)) == [(1, "a b"), (4, "c"), (5, "d")]


def test_a_compressed_file_is_read(write: Callable[..., Path], plain: Callable[..., Any]) -> None:
    path = write(gzip.compress(b"1,2 3,4\n"), "my.data.txt.gz")
    assert plain(read_ndm(path)) == [("my.data:1", [("1", 2.0, 1), ("3", 4.0, 1)])]


@pytest.mark.parametrize("content", [b"1,2 3,4\n", gzip.compress(b"1,2 3,4\n" * 1000)[:-20]])
def test_a_broken_gzip_raises_an_error(write: Callable[..., Path], content: bytes) -> None:
    with pytest.raises(DataError, match=r"cascades.txt.gz: the name ends in .gz, but this is not a complete gzip file"):
        read_ndm(write(content, "cascades.txt.gz"))


def test_a_file_without_read_permission(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = write("1,2\n")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(MissingFileError, match=r"cascades.txt: cannot be read \(Permission denied\)"):
        read_ndm(path)


@readers
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_line_that_is_too_long_raises_an_error(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, reader: Reader, pack: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr("graphcascade.io.lines.LONGEST_LINE", 2 * 2**20)
    path = write(pack(b"\n" + b"1" * (2 * 2**20 + 1)), "cascades.txt.gz" if pack is gzip.compress else "cascades.txt")
    with pytest.raises(DataError, match=r"line 2: longer than 2 MiB; is this a text file with one cascade"):
        reader(path)


def test_the_longest_line_is_read(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphcascade.io.lines.LONGEST_LINE", 8)
    assert list(numbered_lines(write(b"1234567\n12345678"))) == [
        (1, "1234567"),
        (2, "12345678"),
    ]


def test_a_line_without_an_end_does_not_fill_memory(write: Callable[..., Path]) -> None:
    path = write(gzip.compress(bytes(80 * 2**20), 1), "zeros.txt.gz")
    with pytest.raises(DataError, match=r"zeros.txt.gz, line 1: longer than 64 MiB"):
        read_ndm(path)


@readers
def test_a_device_raises_an_error(reader: Reader, tmp_path: Path) -> None:
    link = tmp_path / "cascades.txt"
    link.symlink_to("/dev/zero")
    for path in (Path("/dev/zero"), link):
        with pytest.raises(MissingFileError, match=f"{path}: this is a device or a socket; give a file"):
            reader(path)


def test_a_link_to_itself_raises_an_error(tmp_path: Path) -> None:
    (tmp_path / "loop.txt").symlink_to("loop.txt")
    with pytest.raises(MissingFileError, match=r"loop.txt: cannot be read \(Too many levels of symbolic links\)"):
        read_ndm(tmp_path / "loop.txt")


def test_a_pipe_is_read(plain: Callable[..., Any]) -> None:
    """As in "graphcascade describe <(zcat cascades.txt.gz) --format ndm"."""
    reading, writing = os.pipe()
    os.write(writing, b"1,2 3,4\n")
    os.close(writing)
    events = plain(read_ndm(Path(f"/dev/fd/{reading}")))
    os.close(reading)
    assert [user for user, _, _ in events[0][1]] == ["1", "3"]


# Two cascades: "ann" at 1 and USER at 2; USER alone at TIME.
CONTENTS = {
    "ndm": "ann,1 USER,2\nUSER,TIME\n",
    "mshgat": "ann 1,USER 2\nUSER TIME\n",
    "hidan": "ann,USER:1,2\nUSER:TIME\n",
    "deephawkes": "p\tann\t1\t2\tann:0 ann/USER:1\nq\tUSER\tTIME\t1\tUSER:0\n",
    "netinf": "0,ann\n1,USER\n\n0,1,1,2\n1,TIME\n",
    "csv": "user,item,time\nann,x,1\nUSER,x,2\nUSER,y,TIME\n",
    "tsv": "user\titem\ttime\nann\tx\t1\nUSER\tx\t2\nUSER\ty\tTIME\n",
    "jsonl": (
        '{"user": "ann", "item": "x", "time": "1"}\n{"user": "USER", "item": "x", "time": "2"}\n'
        '{"user": "USER", "item": "y", "time": "TIME"}\n'
    ),
}


def content(format: str, user: str = "bob", time: str = "3") -> str:
    return CONTENTS[format].replace("USER", user).replace("TIME", time)


formats = pytest.mark.parametrize("format", CONTENTS)


@formats
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("packed", [False, True])
def test_three_kinds_of_line_ends_are_read(write: Callable[..., Path], format: str, end: str, packed: bool) -> None:
    text = content(format).replace("\n", end).encode()
    dataset = read_cascades(write(gzip.compress(text), "cascades.gz") if packed else write(text), format)
    assert dataset.user_ids.tolist() == ["ann", "bob"]
    assert dataset.table.ptr.tolist() == [0, 2, 3]
    assert dataset.table.time.tolist() == [1, 2, 3]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_formats_without_a_time_of_the_source(write: Callable[..., Path], end: str) -> None:
    lines = read_topolstm(write(f"ann bob 2{end}bob ann 3{end}"))
    assert (lines.user.tolist(), lines.line.tolist()) == (["ann", "bob", "bob", "ann"], [1, 1, 2, 2])
    graph, _ = read_follow_graph(write(f"# links{end}ann bob{end}bob ann"), np.array(["ann", "bob"], dtype=object))
    assert graph.edge_index is not None
    assert graph.edge_index.tolist() == [[0, 1], [1, 0]]


def test_a_line_end_between_two_blocks_of_the_file(write: Callable[..., Path]) -> None:
    long = "a" * 8191  # the text layer reads blocks of 8192 bytes
    assert list(numbered_lines(write(f"{long}\r\nb\r{long}\rc"))) == [(1, long), (2, "b"), (3, long), (4, "c")]


@formats
@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1f", "\xa0", "\u3000"])
def test_other_separators_are_part_of_an_id(write: Callable[..., Path], format: str, mark: str) -> None:
    user = f"{mark}b{mark}b{mark}"
    text = json.dumps(user)[1:-1] if format == "jsonl" else user
    dataset = read_cascades(write(content(format, text)), format)
    assert dataset.user_ids.tolist() == ["ann", user]
    assert dataset.table.ptr.tolist() == [0, 2, 3]


@formats
@pytest.mark.parametrize("time", ["1_0", "\u0663", "\uff13", "0x10", "1e", "", "\xa03", "1 0", "\u22123"])
def test_a_text_that_is_not_a_number_raises_an_error(write: Callable[..., Path], format: str, time: str) -> None:
    with pytest.raises(DataError, match=r"cascades.txt, line \d"):
        read_cascades(write(content(format, time=time)), format)


@pytest.mark.parametrize(
    ("text", "number"),
    [("3", 3.0), ("3.", 3.0), (".5", 0.5), ("+1e3", 1000.0), ("1E-2", 0.01), (" 7\t", 7.0), ("-0.1", -0.1)],
)
def test_texts_of_numbers_are_parsed(text: str, number: float) -> None:
    assert parse_number(text) == number


def test_fields_are_split_at_blanks_and_tabs() -> None:
    assert split_blanks(" a  b\tc \t d\xa0e ") == ["a", "b", "c", "d\xa0e"]


LONG = 5000 * "x"


@pytest.mark.parametrize(
    ("format", "content"),
    [
        ("ndm", f"a,{LONG}\n"),
        ("ndm", f"{LONG},1 b,{LONG}\n"),
        ("ndm", f"{LONG},-1\n"),
        ("ndm", f"{LONG},nan\n"),
        ("ndm", f"{LONG}\0,1\n"),
        ("ndm", f"{LONG},1e300\n"),
        ("mshgat", f"r {LONG} 1,{LONG}\nr a 1\n"),
        ("topolstm", LONG),
        ("hidan", LONG),
        ("deephawkes", f"1\tr\t{LONG}\t1\tr:0\n"),
        ("deephawkes", f"1\tr\t0\t1\t{LONG}:-1\n"),
        ("netinf", f"0,{LONG}\n1,{LONG}\n\n0,1\n"),
        ("netinf", f"0,a\n\n{LONG},1\n"),
        ("csv", f"user,item,time\n{LONG},x,y\na,x,{LONG}\n"),
        ("csv", f"user,item,cascade,time\na,x,{LONG},1\nb,{LONG},{LONG},1\n"),
        ("csv", f"user,item,time,parent\n{LONG},x,1,{LONG}y\n"),
        (None, LONG),
    ],
)
def test_long_values_are_cut_in_messages(write: Callable[..., Path], format: str | None, content: str) -> None:
    path = write(content)
    with pytest.raises((DataError, UsageError)) as caught:
        read_cascades(path, format)
    assert len(str(caught.value)) < len(str(path)) + 400


@pytest.mark.parametrize(
    "content",
    [
        f"a,b,{LONG}\n",
        LONG,
        f"a,{LONG}\n",
        f"# graphcascade: horizon={LONG}\na b\n",
        f"# graphcascade: time_unit={LONG}\na b\n",
    ],
)
def test_long_values_of_follow_graphs_are_cut_in_messages(write: Callable[..., Path], content: str) -> None:
    path = write(content)
    with pytest.raises(DataError) as caught:
        read_follow_graph(path, np.array(["a", "b"], dtype=object))
    assert len(str(caught.value)) < len(str(path)) + 400


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (b"PK\x03\x04", "this is a zip archive or an Excel workbook"),
        (b"PAR1", "this is a Parquet file"),
        (b"\x80\x04", "this is a pickle, which is never read"),
        (b"\x1f\x8b\x08", "this is a gzip file"),
    ],
)
def test_the_error_names_the_kind_of_a_binary_file(tmp_path, start, message):
    path = tmp_path / "log.csv"
    path.write_bytes(start + b"\xff\xfe")
    with pytest.raises(DataError, match=f"log.csv, line 1: {message}"):
        read_cascades(path)


def test_a_pipe_that_is_not_utf8_is_read_only_once(tmp_path: Path) -> None:
    pipe = tmp_path / "log.csv"
    os.mkfifo(pipe)
    writer = threading.Thread(
        target=pipe.write_bytes, args=("user,item,time\nJos\xe9,x,1\n".encode("latin-1"),), daemon=True
    )
    writer.start()
    errors: list[BaseException] = []

    def read() -> None:
        try:
            read_cascades(pipe)
        except DataError as error:
            errors.append(error)

    reader = threading.Thread(target=read, daemon=True)  # opening the pipe again would wait for another writer
    reader.start()
    reader.join(20)
    problem = "not UTF-8 text (the byte 0xe9); if it has another encoding, name it, for example with"
    assert [str(error) for error in errors] == [f"{pipe}, line 2: {problem} encoding='latin-1'."]


def test_the_kind_of_a_compressed_file_is_that_of_its_content(write: Callable[..., Path]) -> None:
    latin = "user,item,time\nJos\xe9,x,1\n".encode("latin-1")
    with pytest.raises(DataError, match=r"log.csv.gz, line 2: not UTF-8 text \(the byte 0xe9\); .*'latin-1'"):
        read_cascades(write(gzip.compress(latin), "log.csv.gz"))
    with pytest.raises(DataError, match=r"log.csv.gz, line 1: this is a gzip file; unpack it"):
        read_cascades(write(gzip.compress(gzip.compress(b"user,item,time\na,x,1\n")), "log.csv.gz"))


def test_reading_leaves_the_limit_of_the_csv_module_as_it_was(write: Callable[..., Path]) -> None:
    limit = csv.field_size_limit()
    long = "x" * (limit + 1)
    assert read_cascades(write(f'user,item,time\n"{long}",x,1\n', "log.csv")).user_ids.tolist() == [long]
    read_follow_graph(write(f'"{long}",b\n', "graph.csv"), np.array([long, "b"], dtype=object))
    with pytest.raises(DataError, match="line 2: has 2 fields, and the first line names 3 columns; write a field"):
        read_cascades(write("user,item,time\na,x\n", "log.csv"))
    assert csv.field_size_limit() == limit


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("a.csv", "user,item,time\nann,x,1\nb\0b,x,2\n", 3),
        ("a.csv", "user,item,time\nann,x\0,1\n", 2),
        ("a.csv", "user,item,time\nann,x,1\0\n", 2),
        ("a.csv", "user,item,time,note\nann,x,1,\0\n", 2),
        ("a.tsv", "user\titem\ttime\nann\tx\t1\n\0\n", 3),
        ("a.txt", "ann,1 b\0b,2\n", 1),
        ("a.jsonl", '{"user": "ann", "item": "x", "time": 1}\n\0\n', 2),
    ],
)
def test_a_zero_byte_in_any_column_is_one_line(tmp_path: Path, name: str, content: str, line: int) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(
        DataError, match=rf"^{re.escape(str(path))}, line {line}: a zero byte, which no text has"
    ) as error:
        read_cascades(path)
    assert "\n" not in str(error.value)
    assert error.value.remedy == ("encoding", "utf-16")


def test_utf_16_without_its_mark_is_read_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("user,item,time\nann,x,1\n".encode("utf-16-le"))
    with pytest.raises(DataError, match="line 1: a zero byte"):
        read_cascades(path)
    assert read_cascades(path, encoding="utf-16-le").user_ids.tolist() == ["ann"]


def test_zero_bytes_that_tables_hold_are_found_too(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"user": "ann", "item": "x", "time": 1}\n{"user": "bob", "item": "x\\u0000", "time": 2}\n')
    with pytest.raises(DataError, match=r"line 2: the item id 'x\\x00' has a zero byte"):
        read_cascades(path)
    assert len(read_cascades(path, on_error="drop")) == 1
