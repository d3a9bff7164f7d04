from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphcascade.data import RawEvents
from graphcascade.errors import DataError, MissingFileError
from graphcascade.io import read_deephawkes, read_hidan, read_mshgat, read_ndm, read_netinf, read_topolstm
from graphcascade.io.lines import numbered_lines

Reader = Callable[[Path], RawEvents]
readers = pytest.mark.parametrize(
    "reader", [read_ndm, read_mshgat, read_topolstm, read_hidan, read_deephawkes, read_netinf]
)


@readers
def test_a_file_that_is_not_there(tmp_path: Path, reader: Reader) -> None:
    with pytest.raises(MissingFileError, match=r"nothing.txt: there is no such file"):
        reader(tmp_path / "nothing.txt")


@readers
def test_a_folder(tmp_path: Path, reader: Reader) -> None:
    with pytest.raises(MissingFileError, match=r"this is a folder"):
        reader(tmp_path)


@readers
@pytest.mark.parametrize("content", ["", "\n\n \n"])
def test_an_empty_file(write: Callable[..., Path], reader: Reader, content: str) -> None:
    with pytest.raises(DataError, match=r"cascades.txt: empty"):
        reader(write(content))


@readers
def test_not_utf8(write: Callable[..., Path], reader: Reader) -> None:
    with pytest.raises(DataError, match=r"cascades.txt, line 1: not UTF-8 text"):
        reader(write(b"\xff\xfe,1 2,3\n"))


def test_the_line_that_is_not_utf8_is_named(write: Callable[..., Path]) -> None:
    path = write(b"1,2\n\n3,4\n\xff,5\n6,7\n")
    with pytest.raises(DataError, match=r"cascades.txt, line 4: not UTF-8 text"):
        read_ndm(path)


def test_blank_lines_count_and_the_mark_of_utf8_goes(write: Callable[..., Path]) -> None:
    path = write("\ufeffa b \n\n \t\n c\r\nd".encode())
    assert list(numbered_lines(path)) == [(1, "a b"), (4, "c"), (5, "d")]


def test_gzip(write: Callable[..., Path], plain: Callable[..., Any]) -> None:
    path = write(gzip.compress(b"1,2 3,4\n"), "my.data.txt.gz")
    assert plain(read_ndm(path)) == [("my.data:1", [("1", 2.0, 1), ("3", 4.0, 1)])]


@pytest.mark.parametrize("content", [b"1,2 3,4\n", gzip.compress(b"1,2 3,4\n" * 1000)[:-20]])
def test_a_broken_gzip(write: Callable[..., Path], content: bytes) -> None:
    with pytest.raises(DataError, match=r"cascades.txt.gz: not a (complete )?gzip file"):
        read_ndm(write(content, "cascades.txt.gz"))


def test_a_file_that_may_not_be_read(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = write("1,2\n")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(MissingFileError, match=r"cascades.txt: cannot be read \(Permission denied\)"):
        read_ndm(path)


@readers
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_line_that_is_too_long(
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
def test_a_device(reader: Reader, tmp_path: Path) -> None:
    link = tmp_path / "cascades.txt"
    link.symlink_to("/dev/zero")
    for path in (Path("/dev/zero"), link):
        with pytest.raises(MissingFileError, match=f"{path}: this is a device or a socket; give a file"):
            reader(path)


def test_a_link_to_itself(tmp_path: Path) -> None:
    (tmp_path / "loop.txt").symlink_to("loop.txt")
    with pytest.raises(MissingFileError, match=r"loop.txt: cannot be read \(Too many levels of symbolic links\)"):
        read_ndm(tmp_path / "loop.txt")


def test_a_pipe(plain: Callable[..., Any]) -> None:
    """As in "graphcascade describe <(zcat cascades.txt.gz) --format ndm"."""
    reading, writing = os.pipe()
    os.write(writing, b"1,2 3,4\n")
    os.close(writing)
    events = plain(read_ndm(Path(f"/dev/fd/{reading}")))
    os.close(reading)
    assert [user for user, _, _ in events[0][1]] == ["1", "3"]
