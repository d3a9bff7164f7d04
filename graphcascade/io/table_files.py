from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Literal

import pandas as pd

from graphcascade.errors import MissingFileError, UsageError
from graphcascade.io.atomic import atomic_path

__all__ = ["TABLES", "file_format", "write_table"]

TABLES = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
"""Formats of tables by the endings of their files."""


def file_format(path: str | Path, endings: dict[str, str]) -> str:
    """Returns the format for the ending of a file's name.

    Args:
        path: The file.
        endings: Formats by endings.

    Raises:
        UsageError: The ending is unknown.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in endings:
        *known, last = [ending for ending in endings if ending]
        choice = f"{', '.join(known)} or {last}" if known else last
        without = ", or no ending" if "" in endings else ""
        raise UsageError(value=path, reason=f"no format has this ending; use {choice}{without}")
    return endings[suffix]


def write_table(
    frame: pd.DataFrame, path: str | Path, format: str, *, quote_all: bool = False, overwrite: bool = False
) -> None:
    """Writes a table, completely or not at all; CSV, TSV and JSONL are UTF-8.

    Args:
        frame: The table.
        path: File to write.
        format: "csv", "tsv", "jsonl" or "parquet".
        quote_all: Whether to put all values of CSV and TSV in quotes.
        overwrite: Whether to replace a file that exists.

    Raises:
        MissingFileError: pyarrow is missing, for Parquet.
        StorageError: The file exists already; the folder cannot be written to; the disk is full.
    """
    with atomic_path(path, overwrite=overwrite) as temporary:
        if format == "jsonl":
            with temporary.open("w", encoding="utf-8", newline="") as file:  # DataFrame.to_json rounds times
                file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in frame.to_dict("records"))
        elif format == "parquet":
            try:
                frame.to_parquet(temporary, index=False)
            except ImportError:
                raise MissingFileError(
                    f"{path}: writing Parquet needs pyarrow: pip install 'graphcascade[parquet]'."
                ) from None
        else:
            quoting: Literal[0, 1] = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
            separator = "\t" if format == "tsv" else ","
            frame.to_csv(temporary, index=False, sep=separator, quoting=quoting, lineterminator="\n")
