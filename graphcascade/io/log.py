from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd

from graphcascade.data import RawEvents
from graphcascade.errors import DataError, MissingFileError
from graphcascade.io.frame_events import frame_events
from graphcascade.io.lines import require_file

__all__ = ["read_frame", "read_log"]


def read_log(
    path: str | Path,
    user: str = "user",
    item: str = "item",
    time: str = "time",
    cascade: str | None = None,
    parent: str | None = None,
    time_unit: str | None = None,
) -> tuple[RawEvents, str | None]:
    """Reads a log with one event a row: CSV, TSV, JSONL or Parquet, by the ending of its name.

    Args are those of :func:`~graphcascade.io.from_pandas`.

    Returns:
        The events, and the unit of their times.

    Raises:
        MissingFileError: There is no such file, or pyarrow is missing for Parquet.
        DataError: The file is empty, is not what its name says, or has a row that is of no use.
    """
    frame = read_frame(path)
    line = frame.index.to_numpy(dtype=np.int64)
    row_name = "row" if _kind(Path(path)) == ".parquet" else "line"
    return frame_events(frame, user, item, time, cascade, parent, time_unit, str(path), line, row_name)


def read_frame(path: str | Path) -> pd.DataFrame:
    """A table from a file, with ids as they are written there, indexed by the rows' lines in the file."""
    path = require_file(path)
    kind = _kind(path)
    try:
        if kind == ".parquet":
            return pd.read_parquet(path).reset_index(drop=True).rename(index=lambda row: row + 1)
        if kind in (".jsonl", ".ndjson"):
            return pd.read_json(path, lines=True, dtype=False, convert_dates=False).rename(index=lambda row: row + 1)
        separator = "\t" if kind == ".tsv" else ","
        # Strings, so that "007" stays itself; skip_blank_lines=False, so that lines keep their numbers.
        frame = pd.read_csv(
            path,
            sep=separator,
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
            encoding="utf-8-sig",
            quoting=csv.QUOTE_MINIMAL,
        )
    except pd.errors.EmptyDataError:
        raise DataError(f"{path}: empty, there is no event in it.") from None
    except ImportError:
        raise MissingFileError(f"{path}: reading Parquet needs pyarrow: pip install 'graphcascade[parquet]'.") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start}); save it as UTF-8.") from None
    except (pd.errors.ParserError, ValueError, OSError) as error:
        raise DataError(f"{path}: not a readable {kind.lstrip('.')} file: {' '.join(str(error).split())}") from None
    frame.index = frame.index + 2
    frame.columns = frame.columns.str.strip()
    frame = frame[~(frame.isna() | (frame == "")).all(axis=1)]
    short = frame.isna().any(axis=1)
    if short.any():
        line = int(frame.index[short][0])
        raise DataError(f"{path}, line {line}: fewer fields than the {len(frame.columns)} columns of the first line.")
    return frame


def _kind(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    return suffixes[-2] if len(suffixes) > 1 and suffixes[-1] == ".gz" else (suffixes[-1] if suffixes else "")
