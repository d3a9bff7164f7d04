"""Reading of tables, one row a line, with the number of each line."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from graphcascade.errors import DataError, GraphCascadeError, MissingFileError, UsageError
from graphcascade.io.excel import read_excel
from graphcascade.io.invalid_rows import InvalidRows
from graphcascade.io.lines import (
    BLANKS,
    check_encoding,
    csv_reader,
    name_ending,
    numbered_lines,
    shorten,
    text_lines,
)
from graphcascade.io.separators import SEPARATOR_NAMES, find_separator, parse_separator, split_header
from graphcascade.options import TableReadOptions
from graphcascade.plurals import counted

__all__ = ["ENDINGS", "read_columns", "read_portions", "read_table", "row_name"]

ENDINGS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
}
DEFAULTS = TableReadOptions()
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")  # half of a surrogate pair, as JSON writes it

MAX_PARQUET_ROWS = 2**31
"""Largest number of rows in a Parquet file: a small file can hold very many rows, which would fill the memory."""


def read_table(
    path: Path,
    format: str,
    columns: Sequence[str],
    noun: str,
    example: str,
    required: Sequence[str] = (),
    invalid: InvalidRows | None = None,
    options: TableReadOptions = DEFAULTS,
    allow_empty: bool = False,
) -> pd.DataFrame:
    """Reads a table: CSV, TSV, JSONL, Parquet or Excel.

    Args:
        path: The file.
        format: "csv", "tsv", "jsonl", "parquet" or "xlsx".
        columns: Columns to read of a Parquet file; other formats are read as a whole.
        noun: Noun for a row in messages, such as "event".
        example: Example of a JSON object in messages.
        required: Columns that the table should have, by which the separator of a text table is found.
        invalid: Collects rows that have too few or too many fields, or are no JSON; without it, the first is an error.
        options: Separator, encoding and sheet.
        allow_empty: Whether a CSV or TSV file may have no row under its names of columns.

    Returns:
        The table, indexed by line number, with values as they are in the file. ``invalid`` gets the line numbers.

    Raises:
        MissingFileError: There is no such file, or the package that reads the format is missing.
        DataError: The file is empty, has another format than its name says, or has an invalid row; its separator
            cannot be found, or its encoding is another one; a Parquet file has more than 2**31 rows, or a type of
            column that cannot be read; a workbook has several sheets.
        UsageError: An option has an unknown value, or has no effect on the format.
    """
    strict = invalid is None
    invalid = InvalidRows(path, row_name(format)) if invalid is None else invalid
    (frame,) = read_portions(path, format, columns, noun, example, required, invalid, options, allow_empty)
    if invalid and (strict or frame.empty):
        raise invalid.error(None)
    return frame


def read_portions(
    path: Path,
    format: str,
    columns: Sequence[str],
    noun: str,
    example: str,
    required: Sequence[str],
    invalid: InvalidRows,
    options: TableReadOptions = DEFAULTS,
    allow_empty: bool = False,
    rows: int | None = None,
) -> Iterator[pd.DataFrame]:
    """Reads a table in portions, so that it may be larger than the memory.

    Args:
        path, format, columns, noun, example, required, options, allow_empty: See :func:`read_table`.
        invalid: Collects rows that have too few or too many fields, or are no JSON.
        rows: Rows in a portion; without it, the whole table is one portion. A workbook of Excel always is.

    Yields:
        Tables as those of :func:`read_table`, which together are the file; at least one. ``invalid`` has the line
        numbers of the last one.

    Raises:
        MissingFileError, DataError, UsageError: See :func:`read_table`.
    """
    _check_options(format, options)
    if format == "parquet":
        frames = _parquet(path, columns, noun, rows)
    elif format == "xlsx":
        frames = iter([read_excel(path, options.sheet, noun)])
    elif format == "jsonl":
        frames = _jsonl(path, noun, example, invalid, options.encoding, rows)
    else:
        usual = "\t" if format == "tsv" else ","
        frames = _separated(path, usual, noun, allow_empty, required, invalid, options, rows)
    for frame in frames:
        invalid.lines = frame.index.to_numpy(dtype=np.int64)
        yield frame


def row_name(format: str) -> str:
    """Returns the noun for a row of a table in messages: "line" for formats of text, otherwise "row"."""
    return "row" if format in ("parquet", "xlsx") else "line"


def _check_options(format: str, options: TableReadOptions) -> None:
    check_encoding(options.encoding)
    if options.sep is not None:
        parse_separator(options.sep)
    for name, formats in (("sep", ("csv", "tsv")), ("encoding", ("csv", "tsv", "jsonl")), ("sheet", ("xlsx",))):
        value = getattr(options, name)
        if value is not None and format not in formats:
            raise UsageError(argument=name, value=value, reason=f"has no effect on the format {format}; leave it out")


def read_columns(path: Path) -> list[str]:
    """Returns the names of the columns of a table, without reading its rows; none if the file is no table.

    Those of a JSONL file are the keys of its first object. Those of an Excel workbook are those of its first sheet.
    """
    format = ENDINGS.get(name_ending(path)) if path.is_file() else None
    try:
        if format == "parquet":
            from pyarrow import parquet

            return list(parquet.read_schema(path).names)
        if format == "xlsx":
            return list(map(str, read_excel(path, None, "row").columns))
        if format == "jsonl":
            first = json.loads(next(numbered_lines(path))[1])
            return list(first) if isinstance(first, dict) else []
        if format is not None:
            line = list(_until_text(text_lines(path)))[-1]
            return split_header(line, find_separator(path, line, (), "\t" if format == "tsv" else ","))
    except (GraphCascadeError, ImportError, OSError, ValueError, IndexError, StopIteration):
        pass  # reading the file as a whole says what is wrong
    return []


# Each of these functions returns a table indexed by line number, with ids as they are in the file. pandas.read_csv and
# read_json are not used, because they shift or fill rows of the wrong length, lose line numbers, and round large ids.


def _separated(
    path: Path,
    usual: str,
    noun: str,
    allow_empty: bool,
    required: Sequence[str],
    invalid: InvalidRows,
    options: TableReadOptions,
    portion: int | None,
) -> Iterator[pd.DataFrame]:
    lines = text_lines(path, options.encoding)
    before = list(_until_text(lines))
    if options.sep is not None:
        separator = parse_separator(options.sep)
    else:
        separator = find_separator(path, before[-1], required, usual) if before else usual
    header: list[str] = []
    rows: list[list[str]] = []
    numbers: list[int] = []
    empty = True
    line = 1  # first line of the row; a quoted field may contain line ends
    prepared = map(_trim, chain(before, lines)) if separator == " " else chain(before, lines)
    with csv_reader(prepared, separator, strict=True, skipinitialspace=separator == " ") as reader:
        while True:
            try:
                for fields in reader:
                    if len(fields) > 1 or "".join(fields).strip(BLANKS):
                        if not header:
                            header = [name.strip(BLANKS) for name in fields]
                        elif len(fields) != len(header):
                            reason = _wrong_number(fields, header, separator)
                            invalid.add_line(line, "wrong number of fields", reason, separator.join(fields))
                        else:
                            rows.append(fields)
                            numbers.append(line)
                            if len(rows) == portion:
                                yield pd.DataFrame(rows, columns=header, index=numbers, dtype=object)
                                rows, numbers, empty = [], [], False
                    line = reader.line_num + 1
                break
            except csv.Error as error:
                reason = f"cannot be split into fields ({error}); check its quotation marks"
                if reader.line_num > line or "unexpected end" in str(error):  # the next rows may be part of the field
                    raise DataError(f"{path}, line {line}: {reason}.") from None
                invalid.add_line(line, "quotation marks", reason)
                line = reader.line_num + 1
    if empty and not rows and not (allow_empty and header) and not invalid:
        names = f" under the names of its columns, {shorten(', '.join(header))!r}" if header else ""
        raise DataError(f"{path}: empty; it contains no {noun}{names}.")
    if rows or empty:
        yield pd.DataFrame(rows, columns=header, index=numbers, dtype=object)


def _until_text(lines: Iterator[str]) -> Iterator[str]:
    """Yields lines up to the first one that is not blank."""
    for line in lines:
        yield line
        if line.strip(BLANKS + "\r\n"):
            return


def _trim(line: str) -> str:
    """Returns a line without blanks around it, which would be empty fields in a table with blanks between them."""
    return line.strip(" \r\n") + "\n" if line.count('"') % 2 == 0 else line


def _wrong_number(fields: Sequence[str], header: Sequence[str], separator: str) -> str:
    """Returns what is wrong with a row with too few or too many fields."""
    hint = f"quote fields that contain a {SEPARATOR_NAMES.get(separator, 'separator')}"
    if len(fields) < len(header):
        hint = "write a field for each column, and leave it empty where there is no value"
    return f"has {counted(len(fields), 'field')}, and the first line names {counted(len(header), 'column')}; {hint}"


def _jsonl(
    path: Path, noun: str, example: str, invalid: InvalidRows, encoding: str | None, portion: int | None
) -> Iterator[pd.DataFrame]:
    rows: list[dict[str, object]] = []
    lines: list[int] = []
    empty = True
    for number, text in numbered_lines(path, noun, encoding):
        reason, row = "", None
        try:
            row = json.loads(text, object_pairs_hook=_without_repeated_keys)
            if SURROGATE.search(text):
                json.dumps(row, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            reason = "half of a surrogate pair, such as \\ud83d, is not a character"
        except ValueError as error:
            hint = "; this begins an array: write one object a line (lines=True in pandas)" if text[0] == "[" else ""
            # The text of JSON's own error has a number of a line, too, which is always 1.
            detail = (
                f"{error.msg} at character {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)
            )
            reason = f"not JSON ({shorten(detail)}){hint}"
        except RecursionError:
            reason = "too many objects or lists inside each other"
        if isinstance(row, dict) and not reason:
            rows.append(row)
            lines.append(number)
            if len(rows) == portion:
                yield pd.DataFrame(rows, index=lines, dtype=object)
                rows, lines, empty = [], [], False
        else:
            reason = reason or f"{shorten(text)!r} is not an object like {example}"
            invalid.add_line(number, "not a JSON object", reason, text)
    if rows or empty:
        yield pd.DataFrame(rows, index=lines, dtype=object)


def _without_repeated_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    row = dict(pairs)
    if len(row) < len(pairs):
        key, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {shorten(key)!r} occurs twice in an object")
    return row


def _parquet(path: Path, names: Sequence[str], noun: str, portion: int | None) -> Iterator[pd.DataFrame]:
    """Reads the columns ``names`` of a Parquet file, or the structs that they are fields of; others have no values."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingFileError(f"{path}: reading Parquet needs pyarrow: pip install 'graphcascade[parquet]'.") from None
    names = [*names, *(name.partition(".")[0] for name in names)]
    first = 1
    try:
        with parquet.ParquetFile(path) as file:
            rows = file.metadata.num_rows
            if portion is None and rows > MAX_PARQUET_ROWS:
                raise DataError(f"{path}: {rows:,} {noun}s, more than {MAX_PARQUET_ROWS:,}; divide the file.")
            unread = [name for name in file.schema_arrow.names if name not in names]
            if portion is None or rows == 0:
                tables = iter([file.read(columns=names)])
            else:
                batches = file.iter_batches(batch_size=portion, columns=names)
                tables = (pyarrow.Table.from_batches([batch]) for batch in batches)
            for table in tables:
                for column in table.columns:
                    column.validate(full=True)  # finds texts that are not UTF-8
                yield _arrow_frame(table, unread, path, first)
                first += len(table)
    except (MemoryError, GraphCascadeError):
        raise
    except (pyarrow.ArrowException, ValueError, OSError) as error:
        raise DataError(f"{path}: not a readable Parquet file ({' '.join(str(error).split())}).") from None


def _arrow_frame(table: Any, unread: Sequence[str], path: Path, first: int) -> pd.DataFrame:
    """Converts a table of Arrow, whose first row has the number ``first`` in its file."""
    import pyarrow

    columns = [
        _supported(column, f"{path}: the column {name!r}")
        for name, column in zip(table.column_names, table.columns, strict=True)
    ]
    columns += [pyarrow.nulls(len(table))] * len(unread)  # messages name the columns that are not read
    table = pyarrow.Table.from_arrays(columns, names=[*table.column_names, *unread])
    # Arrow's types keep all digits of numbers even if other values are missing.
    frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True)
    frame.index = pd.RangeIndex(first, first + len(frame))
    return frame


def _supported(column: Any, place: str) -> Any:
    """Returns a column as a type that every version of pandas can hold."""
    if hasattr(column.type, "storage_type"):  # an extension of Arrow, such as UUIDs
        column = column.cast(column.type.storage_type)
    for view, plain in (("string_view", "large_string"), ("binary_view", "large_binary")):
        if column.type == view:
            return column.cast(plain)
    try:
        pd.ArrowDtype(column.type).type  # noqa: B018
    except NotImplementedError:
        raise DataError(
            f"{place} has the type {column.type}, which cannot be read; save it as texts or numbers."
        ) from None
    return column
