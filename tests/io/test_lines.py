from __future__ import annotations

import gzip
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
