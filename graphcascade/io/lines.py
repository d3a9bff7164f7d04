"""Tools of the readers of text formats: numbered lines, fields, numbers, and lists of events."""

from __future__ import annotations

import csv
import gzip
import io
import re
import stat
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np

from graphcascade.data import RawEvents
from graphcascade.errors import DataError, GraphCascadeError, MissingFileError, shorten

if TYPE_CHECKING:
    import _csv

__all__ = [
    "BLANKS",
    "LONGEST_LINE",
    "EventList",
    "csv_reader",
    "file_stem",
    "name_ending",
    "numbered_lines",
    "open_bytes",
    "parse_number",
    "require_file",
    "shorten",
    "split_blanks",
    "text_lines",
]

BLANKS = " \t"
"""The characters that separate fields and are removed around ids: other Unicode spaces are part of an id."""

NUMBER = re.compile(
    r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?|nan|inf|infinity)", re.IGNORECASE | re.ASCII
)
BETWEEN_FIELDS = re.compile(f"[{BLANKS}]+")

LONGEST_LINE = 64 * 2**20  # bytes; a longer line is an error, because it would be held in memory as a whole


def require_file(path: str | Path) -> Path:
    """Checks that a path is a regular file or a pipe, and returns it.

    Raises:
        MissingFileError: It does not exist, or is a folder, a device or a socket.
    """
    path = Path(path)
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise MissingFileError(f"{path}: there is no such file.") from None
    except (OSError, ValueError) as error:  # no permission for the folder, a loop of links, a zero byte in the name
        raise MissingFileError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error}).") from error
    if stat.S_ISDIR(mode):
        raise MissingFileError(f"{path}: this is a folder; give the file in it.")
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
        raise MissingFileError(f"{path}: this is a device or a socket; give a file.")
    return path


def file_stem(path: str | Path) -> str:
    """Returns the name of a file without its ending and without ".gz"."""
    return _unpacked(path).stem


def name_ending(path: str | Path) -> str:
    """Returns the ending of a file's name in lower case, ignoring ".gz"."""
    return _unpacked(path).suffix.lower()


def _unpacked(path: str | Path) -> Path:
    path = Path(path)
    return path.with_suffix("") if path.suffix.lower() == ".gz" else path


@contextmanager
def open_bytes(path: str | Path) -> Iterator[BufferedIOBase]:
    """Opens a file for reading; ``.gz`` files are decompressed. Errors while reading inside the block are converted.

    Raises:
        MissingFileError: There is no such file, or it may not be read.
        DataError: The file is named ``.gz`` but is not a complete gzip file.
    """
    path = require_file(path)
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            yield file
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path}: the name ends in .gz, but this is not a complete gzip file.") from error
    except GraphCascadeError:
        raise
    except OSError as error:
        raise MissingFileError(f"{path}: cannot be read ({error.strerror or error}).") from error


def text_lines(path: str | Path) -> Iterator[str]:
    r"""Yields all lines of a text file with their ends, which are ``\n``, ``\r\n`` or ``\r``; ``.gz`` is decompressed.

    Raises:
        MissingFileError: There is no such file, or it may not be read.
        DataError: The file is not UTF-8 text, or a line is longer than ``LONGEST_LINE``.
    """
    number, start = 0, ""
    try:
        with open_bytes(path) as file:
            # Latin-1 keeps every byte, so that lines are split first and decoded one by one: an error in UTF-8 then
            # has a line number.
            lines = io.TextIOWrapper(cast(BinaryIO, file), encoding="latin-1", newline="")
            for number, line in enumerate(iter(lambda: lines.readline(LONGEST_LINE + 1), ""), 1):
                if len(line) > LONGEST_LINE:
                    raise DataError(
                        f"{path}, line {number}: longer than {LONGEST_LINE >> 20} MiB; is this a text file with one "
                        "cascade or one event a line?"
                    )
                if number == 1:
                    start = line[:4]
                yield line.encode("latin-1").decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}, line {number}: {_binary_kind(start)}.") from error


BINARY = {
    b"PK\x03\x04": "this is a zip archive or an Excel workbook; unpack it, or save the sheet as CSV",
    b"\x1f\x8b": "this is a gzip file; unpack it, or let its name end in .gz",
    b"PAR1": "this is a Parquet file; let its name end in .parquet",
    b"\x80": "this is a pickle, which is never read; write the data as CSV",
    b"\xff\xfe": "this is UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "this is UTF-16 text; save it as UTF-8",
}


def _binary_kind(start: str) -> str:
    """Returns the kind of a file that is not UTF-8 text from its first bytes, which are decoded as Latin-1."""
    content = start.encode("latin-1")
    return next((kind for sign, kind in BINARY.items() if content.startswith(sign)), "not UTF-8 text; save it as UTF-8")


def numbered_lines(path: str | Path, content: str = "cascade") -> Iterator[tuple[int, str]]:
    """Yields the lines that are not blank, without blanks around them, and their numbers from 1.

    Args:
        path: The file.
        content: Noun for what the file should contain, for the error about an empty file.

    Raises:
        MissingFileError: There is no such file, or it may not be read.
        DataError: The file is not UTF-8 text, or has no line that is not blank.
    """
    empty = True
    for number, line in enumerate(text_lines(path), 1):
        stripped = line.strip(BLANKS + "\r\n")
        if stripped:
            empty = False
            yield number, stripped
    if empty:
        raise DataError(f"{path}: empty; it contains no {content}.")


def split_blanks(line: str) -> list[str]:
    """Splits a line at spaces and tabs, ignoring those around it."""
    return [field for field in BETWEEN_FIELDS.split(line) if field]


@contextmanager
def csv_reader(lines: Iterable[str], separator: str = ",", **options: Any) -> Iterator[_csv.Reader]:
    """Opens a ``csv.reader`` whose limit of 131,072 characters in a field, a global setting, is raised in the block."""
    limit = csv.field_size_limit(LONGEST_LINE)
    try:
        yield csv.reader(lines, delimiter=separator, **options)
    finally:
        csv.field_size_limit(limit)


def parse_number(text: str) -> float:
    """Parses a number in ASCII, with an optional decimal point and exponent, without loss of precision.

    Python's ``float`` would also read "1_000" and digits of other scripts.

    Raises:
        ValueError: The text is not a number.
    """
    text = text.strip(BLANKS)
    if NUMBER.fullmatch(text) is None:
        raise ValueError(text)
    return float(text)


class EventList:
    """Collects the events of one file, line by line.

    Args:
        path: The file.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._item: list[str] = []
        self._cascade: list[int] = []
        self._user: list[str] = []
        self._time: list[float] = []
        self._line: list[int] = []
        self._parent: list[str | None] = []

    def start(self, line: int, item: str | None = None) -> None:
        """Begins a cascade; without an id, the item is named after the file and the line."""
        self._item.append(f"{file_stem(self.path)}:{line}" if item is None else item)

    def add(self, line: int, user: str, time: str | float, parent: str | None = None) -> None:
        """Adds an event to the last cascade."""
        try:
            self._time.append(parse_number(time) if isinstance(time, str) else time)
        except ValueError:
            raise DataError(
                f"{self.path}, line {line}: the time of user {shorten(user)!r} is {shorten(repr(time))}, "
                "which is not a number."
            ) from None
        self._cascade.append(len(self._item) - 1)
        self._user.append(user.strip(BLANKS))
        self._line.append(line)
        self._parent.append(parent)

    def format_error(self, line: int, text: str, expected: str) -> DataError:
        """Returns the error for a line that does not have the expected form."""
        return DataError(f"{self.path}, line {line}: {shorten(text)!r} is not of the form {expected!r}.")

    def finish(self, parents: bool = False, **fields: Any) -> RawEvents:
        """Returns all events; ``fields`` are passed to :class:`~graphcascade.data.RawEvents`."""
        return RawEvents(
            cascade=np.array(self._cascade, dtype=np.int64),
            user=np.array(self._user, dtype=object),
            time=np.array(self._time, dtype=np.float64),
            item=np.array(self._item, dtype=object),
            path=str(self.path),
            line=np.array(self._line, dtype=np.int64),
            parent=np.array(self._parent, dtype=object) if parents else None,
            **fields,
        )
