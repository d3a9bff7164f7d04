"""Reading of tables, one row a line, with the number of each line."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd

from graphcascade.errors import DataError, GraphCascadeError, MissingFileError
from graphcascade.io.frame_events import separator_hint
from graphcascade.io.lines import BLANKS, csv_reader, name_ending, numbered_lines, shorten, text_lines

__all__ = ["ENDINGS", "read_columns", "read_table"]

ENDINGS = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".parquet": "parquet"}
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")  # half of a surrogate pair, as JSON writes it

MAX_PARQUET_ROWS = 2**31
"""Largest number of rows in a Parquet file: a small file can hold very many rows, which would fill the memory."""


def read_table(
    path: Path, format: str, columns: list[str], noun: str, example: str, allow_empty: bool = False
) -> pd.DataFrame:
    """Reads a table: CSV, TSV, JSONL or Parquet.

    Args:
        path: The file.
        format: "csv", "tsv", "jsonl" or "parquet".
        columns: Columns to read of a Parquet file; other formats are read as a whole.
        noun: Noun for a row in messages, such as "event".
        example: Example of a JSON object in messages.
        allow_empty: Whether a CSV or TSV file may have no row under its names of columns.

    Returns:
        The table, indexed by line number, with values as they are in the file.

    Raises:
        MissingFileError: There is no such file, or pyarrow is missing for Parquet.
        DataError: The file is empty, has another format than its name says, or has an invalid row; a Parquet file has
            more than 2**31 rows, or a type of column that cannot be read.
    """
    if format == "parquet":
        return _parquet(path, columns, noun)
    if format == "jsonl":
        return _jsonl(path, noun, example)
    return _separated(path, "\t" if format == "tsv" else ",", noun, allow_empty)


def read_columns(path: Path) -> list[str]:
    """Returns the names of the columns of a table, without reading its rows; none if the file is no table.

    Those of a JSONL file are the keys of its first object.
    """
    format = ENDINGS.get(name_ending(path)) if path.is_file() else None
    try:
        if format == "parquet":
            from pyarrow import parquet

            return list(parquet.read_schema(path).names)
        if format == "jsonl":
            first = json.loads(next(numbered_lines(path))[1])
            return list(first) if isinstance(first, dict) else []
        if format is not None:
            with csv_reader(text_lines(path), "\t" if format == "tsv" else ",", strict=True) as reader:
                return [name.strip(BLANKS) for name in next(row for row in reader if "".join(row).strip(BLANKS))]
    except (GraphCascadeError, ImportError, OSError, ValueError, csv.Error, StopIteration):
        pass  # reading the file as a whole says what is wrong
    return []


# Each of these functions returns a table indexed by line number, with ids as they are in the file. pandas.read_csv and
# read_json are not used, because they shift or fill rows of the wrong length, lose line numbers, and round large ids.


def _separated(path: Path, separator: str, noun: str, allow_empty: bool) -> pd.DataFrame:
    header: list[str] = []
    rows: list[list[str]] = []
    lines: list[int] = []
    line = 1  # first line of the row; a quoted field may contain line ends
    try:
        with csv_reader(text_lines(path), separator, strict=True) as reader:
            for fields in reader:
                if len(fields) > 1 or "".join(fields).strip(BLANKS):
                    if not header:
                        header = [name.strip(BLANKS) for name in fields]
                    elif len(fields) != len(header):
                        hint = separator_hint(header)
                        if not hint and len(fields) < len(header):
                            hint = "write a field for each column, and leave it empty where there is no value."
                        hint = hint or f"quote fields that contain {'a tab' if separator != ',' else 'a comma'}."
                        raise DataError(
                            f"{path}, line {line}: has {_counted(len(fields), 'field')}, and the first line names "
                            f"{_counted(len(header), 'column')}; {hint}"
                        )
                    else:
                        rows.append(fields)
                        lines.append(line)
                line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{path}, line {line}: cannot be split into fields ({error}); check its quotation marks."
        ) from None
    if not rows and not (allow_empty and header):
        raise DataError(f"{path}: empty; it contains no {noun}.")
    return pd.DataFrame(rows, columns=header, index=lines, dtype=object)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s'[: count != 1]}"


def _jsonl(path: Path, noun: str, example: str) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    lines: list[int] = []
    for number, text in numbered_lines(path, noun):
        try:
            row = json.loads(text, object_pairs_hook=_without_repeated_keys)
            if SURROGATE.search(text):
                json.dumps(row, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise DataError(
                f"{path}, line {number}: half of a surrogate pair, such as \\ud83d, is not a character."
            ) from None
        except ValueError as error:
            hint = "; this begins an array: write one object a line (lines=True in pandas)" if text[0] == "[" else ""
            raise DataError(f"{path}, line {number}: not JSON ({shorten(str(error))}){hint}.") from None
        except RecursionError:
            raise DataError(f"{path}, line {number}: too many objects or lists inside each other.") from None
        if not isinstance(row, dict):
            raise DataError(f"{path}, line {number}: {shorten(text)!r} is not an object like {example}.")
        rows.append(row)
        lines.append(number)
    return pd.DataFrame(rows, index=lines, dtype=object)


def _without_repeated_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    row = dict(pairs)
    if len(row) < len(pairs):
        key, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {shorten(key)!r} occurs twice in an object")
    return row


def _parquet(path: Path, names: list[str], noun: str) -> pd.DataFrame:
    """Reads the columns ``names`` of a Parquet file, or the structs that they are fields of; others have no values."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingFileError(f"{path}: reading Parquet needs pyarrow: pip install 'graphcascade[parquet]'.") from None
    names = [*names, *(name.partition(".")[0] for name in names)]
    try:
        with parquet.ParquetFile(path) as file:
            rows = file.metadata.num_rows
            if rows > MAX_PARQUET_ROWS:
                raise DataError(f"{path}: {rows:,} {noun}s, more than {MAX_PARQUET_ROWS:,}; divide the file.")
            table = file.read(columns=names)
            unread = [name for name in file.schema_arrow.names if name not in names]
        for column in table.columns:
            column.validate(full=True)  # finds texts that are not UTF-8
    except (MemoryError, DataError):
        raise
    except (pyarrow.ArrowException, ValueError, OSError) as error:
        raise DataError(f"{path}: not a readable Parquet file ({' '.join(str(error).split())}).") from None
    columns = [
        _supported(column, f"{path}: the column {name!r}")
        for name, column in zip(table.column_names, table.columns, strict=True)
    ]
    columns += [pyarrow.nulls(len(table))] * len(unread)  # messages name the columns that are not read
    table = pyarrow.Table.from_arrays(columns, names=[*table.column_names, *unread])
    # Arrow's types keep all digits of numbers even if other values are missing.
    frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True)
    frame.index = pd.RangeIndex(1, len(frame) + 1)
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
