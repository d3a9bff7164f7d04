"""Tools of the readers of text formats: numbered lines, fields, numbers, and lists of events."""

from __future__ import annotations

import bz2
import codecs
import csv
import gzip
import io
import lzma
import re
import stat
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BufferedIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np

from graphcascade.data import RawEvents
from graphcascade.errors import DataError, GraphCascadeError, MissingFileError, UsageError, shorten

if TYPE_CHECKING:
    import _csv

__all__ = [
    "BLANKS",
    "LONGEST_LINE",
    "EventList",
    "check_encoding",
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

LONGEST_LINE = 64 * 2**20  # characters; a longer line is an error, because it would be held in memory as a whole

PACKED: dict[str, Callable[[Path], Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
"""Endings of compressed files, which are decompressed while they are read."""
KINDS = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz"}

BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
ESCAPED = re.compile("[\udc80-\udcff]")  # bytes that could not be decoded, as "surrogateescape" keeps them


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
    """Returns the name of a file without its ending, and without an ending such as ".gz"."""
    return _unpacked(path).stem


def name_ending(path: str | Path) -> str:
    """Returns the ending of a file's name in lower case, ignoring that of a compressed file, such as ".gz"."""
    return _unpacked(path).suffix.lower()


def _unpacked(path: str | Path) -> Path:
    path = Path(path)
    return path.with_suffix("") if path.suffix.lower() in PACKED else path


@contextmanager
def open_bytes(path: str | Path) -> Iterator[BufferedIOBase]:
    """Opens a file for reading; ``.gz``, ``.bz2`` and ``.xz`` files are decompressed.

    Errors while reading inside the block are converted.

    Raises:
        MissingFileError: There is no such file, or it may not be read.
        DataError: The file is named as a compressed file but is not a complete one.
    """
    path = require_file(path)
    ending = path.suffix.lower()
    broken = f"{path}: the name ends in {ending}, but this is not a complete {KINDS.get(ending)} file."
    try:
        with PACKED[ending](path) if ending in PACKED else path.open("rb") as file:
            yield file
    except (gzip.BadGzipFile, EOFError, zlib.error, lzma.LZMAError) as error:
        raise DataError(broken) from error
    except GraphCascadeError:
        raise
    except OSError as error:
        if ending in PACKED and error.errno is None:  # bz2 raises a bare OSError
            raise DataError(broken) from error
        raise MissingFileError(f"{path}: cannot be read ({error.strerror or error}).") from error


def check_encoding(encoding: str | None) -> None:
    """Raises an error if Python does not know an encoding of text.

    Raises:
        UsageError: The name is unknown, or is not one of an encoding of text.
    """
    try:
        "".encode(encoding or "utf-8")
    except (LookupError, ValueError):
        raise UsageError(
            argument="encoding", value=encoding, reason="there is no such encoding; use one such as latin-1 or utf-16"
        ) from None


def text_lines(path: str | Path, encoding: str | None = None) -> Iterator[str]:
    r"""Yields all lines of a text file with their ends, which are ``\n``, ``\r\n`` or ``\r``.

    Compressed files are decompressed. A mark of byte order is removed.

    Args:
        path: The file.
        encoding: Its encoding; UTF-8 by default, or UTF-16 or UTF-32 if it begins with the mark of one of them.

    Raises:
        MissingFileError: There is no such file, or it may not be read.
        UsageError: There is no such encoding.
        DataError: The file is not text in this encoding, or has a zero byte; a line is longer than ``LONGEST_LINE``.
    """
    check_encoding(encoding)
    number = 0
    with open_bytes(path) as file:
        start: bytes = cast(Any, file).peek(4)[:4]
        marked = next((name for mark, name in BYTE_ORDER_MARKS.items() if start.startswith(mark)), "utf-8-sig")
        name = marked if encoding is None or codecs.lookup(encoding).name == "utf-8" else encoding
        # Bytes that cannot be decoded become surrogates, so that the error has a line number.
        lines = io.TextIOWrapper(cast(BinaryIO, file), encoding=name, errors="surrogateescape", newline="")
        try:
            for number, line in enumerate(iter(partial(lines.readline, LONGEST_LINE + 1), ""), 1):
                if len(line) > LONGEST_LINE:
                    raise DataError(
                        f"{path}, line {number}: longer than {LONGEST_LINE >> 20} MiB; is this a text file with one "
                        "cascade or one event a line?"
                    )
                if "\0" in line:
                    raise _undecodable(path, number, 0, name, start)
                if not line.isascii() and (found := ESCAPED.search(line)):
                    raise _undecodable(path, number, ord(found[0]) - 0xDC00, name, start)
                yield line
        except UnicodeDecodeError as error:
            raise _undecodable(path, number + 1, error.object[error.start], name, start) from None


BINARY = {
    b"PK\x03\x04": "this is a zip archive or an Excel workbook; unpack it, or let the workbook's name end in .xlsx",
    b"\x1f\x8b": "this is a gzip file; unpack it, or let its name end in .gz",
    b"BZh": "this is a bzip2 file; unpack it, or let its name end in .bz2",
    b"\xfd7zX": "this is an xz file; unpack it, or let its name end in .xz",
    b"\xd0\xcf\x11\xe0": "this is a workbook of an old Excel; save it as .xlsx",
    b"PAR1": "this is a Parquet file; let its name end in .parquet",
    b"\x80": "this is a pickle, which is never read; write the data as CSV",
}


def _undecodable(path: str | Path, number: int, byte: int, encoding: str, start: bytes) -> DataError:
    """Returns the error for a byte that is not text in an encoding."""
    place = f"{path}, line {number}"
    kind = next((kind for sign, kind in BINARY.items() if start.startswith(sign)), None)
    if kind is not None:
        return DataError(f"{place}: {kind}.")
    name = encoding.removesuffix("-sig").upper()
    other = "cp1252" if encoding.lower() in ("latin-1", "latin1", "iso-8859-1") else "latin-1"
    if byte == 0:
        reason = "a zero byte, which no text has; remove it, or if the file has another encoding, name it, as in"
        return DataError(value=place, reason=reason, remedy=("encoding", "utf-16"))
    reason = f"not {name} text (the byte 0x{byte:02x}); if it has another encoding, name it, for example with"
    return DataError(value=place, reason=reason, remedy=("encoding", other))


def numbered_lines(
    path: str | Path, content: str = "cascade", encoding: str | None = None
) -> Iterator[tuple[int, str]]:
    """Yields the lines that are not blank, without blanks around them, and their numbers from 1.

    Args:
        path: The file.
        content: Noun for what the file should contain, for the error about an empty file.
        encoding: Its encoding; see :func:`text_lines`.

    Raises:
        MissingFileError: There is no such file, or it may not be read.
        DataError: The file is not text in this encoding, or has no line that is not blank.
    """
    empty = True
    for number, line in enumerate(text_lines(path, encoding), 1):
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
