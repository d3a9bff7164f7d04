from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Literal

import pandas as pd

from graphcascade.errors import MissingFileError, UsageError, shorten
from graphcascade.io.atomic import atomic_path

__all__ = ["write_table"]

MAX_EXCEL_ROWS = 2**20 - 1  # under the names of the columns
MAX_EXCEL_TEXT = 32_767


def write_table(
    frame: pd.DataFrame, path: str | Path, format: str, *, quote_all: bool = False, overwrite: bool = False
) -> None:
    """Writes a table, completely or not at all; CSV, TSV and JSONL are UTF-8.

    Args:
        frame: The table.
        path: File to write.
        format: "csv", "tsv", "jsonl", "parquet" or "xlsx".
        quote_all: Whether to put all values of CSV and TSV in quotes.
        overwrite: Whether to replace a file that exists.

    Raises:
        MissingFileError: pyarrow is missing, for Parquet; openpyxl is missing, for Excel.
        UsageError: A sheet of Excel cannot hold so many rows, or a text.
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
        elif format == "xlsx":
            _write_excel(frame, temporary, path)
        else:
            quoting: Literal[0, 1] = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
            separator = "\t" if format == "tsv" else ","
            frame.to_csv(temporary, index=False, sep=separator, quoting=quoting, lineterminator="\n")


def _write_excel(frame: pd.DataFrame, target: Path, path: str | Path) -> None:
    """Writes a table as the only sheet of a workbook. A text stays a text, even if it begins with "=" or has digits.

    Numbers keep 16 digits.
    """
    try:
        from openpyxl import Workbook
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.utils.exceptions import IllegalCharacterError
    except ImportError:
        raise MissingFileError(f"{path}: writing Excel needs openpyxl: pip install 'graphcascade[excel]'.") from None
    if len(frame) > MAX_EXCEL_ROWS:
        raise UsageError(
            value=path, reason=f"a sheet holds {MAX_EXCEL_ROWS:,} rows, not {len(frame):,}; write .csv or .parquet"
        )
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")

    def cell(value: object) -> object:
        if not isinstance(value, str):
            value = value.item() if hasattr(value, "item") else value
            return None if value is None or value != value else value
        if len(value) > MAX_EXCEL_TEXT:
            reason = f"a cell holds {MAX_EXCEL_TEXT:,} characters, not {len(value):,}; write .csv or .parquet"
            raise UsageError(value=path, reason=reason)
        if not value.startswith("="):
            return value
        text = WriteOnlyCell(sheet, value)
        text.data_type = "s"  # otherwise a formula
        return text

    try:
        sheet.append([cell(str(name)) for name in frame.columns])
        for row in frame.astype(object).itertuples(index=False, name=None):
            sheet.append([cell(value) for value in row])
    except UsageError:
        sheet.close()
        raise
    except IllegalCharacterError as error:
        sheet.close()
        shown = shorten(repr(str(error).partition(" cannot")[0]))
        reason = f"a workbook cannot hold the text {shown}, which has a control character; write .csv or .parquet"
        raise UsageError(value=path, reason=reason) from None
    book.save(target)
