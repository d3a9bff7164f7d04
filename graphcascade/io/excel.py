from __future__ import annotations

import warnings
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd

from graphcascade.errors import DataError, MissingFileError, UsageError
from graphcascade.io.lines import BLANKS, require_file, shorten

__all__ = ["read_excel"]

MAX_BYTES = 2**32
"""Largest size of an unpacked workbook: a small file can hold very many bytes, which would fill the memory."""


def read_excel(path: Path, sheet: str | None, noun: str) -> pd.DataFrame:
    """Reads a sheet of an Excel workbook whose first row that is not empty has the names of the columns.

    Args:
        path: The file.
        sheet: Name of the sheet; needed if several sheets have content.
        noun: Noun for a row in messages, such as "event".

    Returns:
        The table, indexed by row number, with texts, numbers and dates as they are in the cells, ``None`` for empty
        cells. Empty rows are left out.

    Raises:
        MissingFileError: There is no such file, or openpyxl is missing.
        DataError: The file is no workbook, or is too large; the sheet has no row; a column has no name.
        UsageError: There is no such sheet, or several have content and none is named.
    """
    path = require_file(path)
    try:
        import openpyxl  # noqa: F401
    except ImportError:
        raise MissingFileError(f"{path}: reading Excel needs openpyxl: pip install 'graphcascade[excel]'.") from None
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > MAX_BYTES:
            raise DataError(f"{path}: unpacked, this workbook has {size >> 20:,} MiB; save the sheet as CSV.")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions
            sheets: dict[Any, pd.DataFrame] = pd.read_excel(
                path, sheet_name=None, header=None, dtype=object, na_filter=False, engine="openpyxl"
            )
    except (DataError, MemoryError):
        raise
    except Exception as error:  # openpyxl raises errors of many kinds for damaged workbooks
        reason = shorten(" ".join(str(error).split())) or type(error).__name__
        raise DataError(f"{path}: not a readable Excel workbook ({reason}).") from None
    frame, name = _choose(path, sheets, sheet)
    return _with_header(path, frame, name, noun)


def _choose(path: Path, sheets: dict[Any, pd.DataFrame], sheet: str | None) -> tuple[pd.DataFrame, str]:
    names = [str(name) for name in sheets]
    if sheet is not None:
        if sheet not in names:
            raise UsageError(argument="sheet", value=sheet, reason=f"{path} has the sheets {_listed(names)}")
        return sheets[sheet], sheet
    filled = [name for name in names if not _is_empty(sheets[name]).all()]
    if len(filled) > 1:
        reason = f"this workbook has the sheets {_listed(filled)}; name one, for example with"
        raise UsageError(value=path, reason=reason, remedy=("sheet", filled[0]))
    name = next(iter(filled), next(iter(names), ""))
    return sheets.get(name, pd.DataFrame()), name


def _listed(names: list[str]) -> str:
    return ", ".join(repr(shorten(name)) for name in names)


def _is_empty(frame: pd.DataFrame) -> Any:
    """Returns a mask of the empty cells, ``[R, C]``."""
    return frame.map(lambda value: value is None or (isinstance(value, str) and not value.strip(BLANKS))).to_numpy(bool)


def _with_header(path: Path, frame: pd.DataFrame, sheet: str, noun: str) -> pd.DataFrame:
    place = f"{path}, sheet {shorten(sheet)!r}"
    empty = _is_empty(frame)
    if empty.all():
        raise DataError(f"{place}: empty; it contains no {noun}.")
    used = ~empty.all(axis=0)
    frame, empty = frame.loc[:, used], empty[:, used]
    first = int((~empty.all(axis=1)).argmax())
    header = frame.iloc[first].tolist()
    if empty[first].any():
        column = int(empty[first].argmax())
        raise DataError(
            f"{place}, row {first + 1}: the column {column + 1} has no name, such as when the cells of a header are "
            "merged or a title stands above it; give each column its name in the first row."
        )
    rows = ~empty.all(axis=1)
    rows[first] = False
    if not rows.any():
        names = shorten(", ".join(map(str, header)))
        raise DataError(f"{place}: empty; it contains no {noun} under the names of its columns, {names!r}.")
    table: pd.DataFrame = frame[rows].mask(empty[rows], None)
    table.columns = pd.Index([str(name).strip(BLANKS) for name in header], dtype=object)
    table.index = pd.Index(rows.nonzero()[0] + 1)
    return table
