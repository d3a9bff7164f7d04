from __future__ import annotations

import logging
from itertools import pairwise
from pathlib import Path

import pandas as pd

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.io.atomic import atomic_path
from graphcascade.io.endings import CASCADES, file_format
from graphcascade.io.ids import WHOLE_FLOAT
from graphcascade.io.lines import BLANKS, LONGEST_LINE, shorten
from graphcascade.io.pandas_frames import to_pandas
from graphcascade.io.table_files import write_table
from graphcascade.io.written_dates import to_dates
from graphcascade.io.written_ids import check_written_ids

__all__ = ["output_format", "write_cascades", "write_csv", "write_ndm"]

logger = logging.getLogger(__name__)


def write_cascades(
    dataset: CascadeDataset, path: str | Path, format: str | None = None, *, overwrite: bool = False
) -> Path:
    """Writes cascades; reading the file returns the same users, items and times.

    Times that were read from dates are written as dates in UTC, except with NDM's format.

    Ids that would change when they are read raise an error before anything is written. Information that the format
    cannot hold (graphs, the published split, the unit of times; with NDM's format also items and parents) is logged.

    Args:
        dataset: The cascades.
        path: File to write, completely or not at all.
        format: "csv", "tsv", "jsonl", "parquet", "xlsx" (which keeps 16 digits of a time) or "ndm"; taken from the
            ending of the name if left out (``.txt`` is "ndm").
        overwrite: Whether to replace a file that exists.

    Raises:
        UsageError: The format is unknown, or cannot hold the ids of users or items.
        StorageError: The file exists already; the folder cannot be written to; the disk is full.
    """
    path = Path(path)
    format = output_format(path) if format is None else format
    if format == "ndm":
        _log_left_out(dataset, path, format)
        return write_ndm(dataset, path, overwrite=overwrite)
    if format not in CASCADES.values():
        known = ", ".join(dict.fromkeys(CASCADES.values()))
        raise UsageError(argument="format", value=format, reason=f"use one of {known}")
    _check_ids(dataset, path, format)
    table = dataset.table
    dates = to_dates(table.time.numpy()) if table.times_are_dates and table.time_unit == "s" else None
    _log_left_out(dataset, path, format, unit_is_lost=dates is None)
    rows = _rows(dataset) if dates is None else _rows(dataset).assign(time=dates)
    # Python versions differ in whether they quote a carriage return.
    write_table(rows, path, format, quote_all=_has_returns(dataset), overwrite=overwrite)
    return path


def output_format(path: str | Path) -> str:
    """Returns the format for the ending of the name of a file to write.

    Raises:
        UsageError: The ending is unknown.
    """
    return file_format(path, CASCADES)


def write_csv(dataset: CascadeDataset, path: str | Path, *, overwrite: bool = False) -> Path:
    """Writes one event a row: ``user,item,time``, then ``parent`` if known, and ``cascade`` where items repeat.

    Args:
        dataset: The cascades.
        path: File to write, completely or not at all.
        overwrite: Whether to replace a file that exists.

    Raises:
        UsageError: The format cannot hold the ids of users or items.
        StorageError: The file exists already; the folder cannot be written to; the disk is full.
    """
    return write_cascades(dataset, path, "csv", overwrite=overwrite)


def write_ndm(dataset: CascadeDataset, path: str | Path, *, overwrite: bool = False) -> Path:
    """Writes ``u1,t1 u2,t2 ...``, one cascade a line. This format cannot hold items and parents.

    Args:
        dataset: The cascades.
        path: File to write, completely or not at all.
        overwrite: Whether to replace a file that exists.

    Raises:
        UsageError: A user's id contains a comma or a blank; a cascade is too long for a line.
        StorageError: The file exists already; the folder cannot be written to; the disk is full.
    """
    path = Path(path)
    _check_ids(dataset, path, "ndm")
    table = dataset.table
    users = dataset.user_ids[table.user.numpy()]
    fields = [f"{user},{time!r}" for user, time in zip(users, table.time.tolist(), strict=True)]
    lines = [" ".join(fields[first:last]) + "\n" for first, last in pairwise(table.ptr.tolist())]
    if 4 * max(map(len, lines)) > LONGEST_LINE:  # a character has up to 4 bytes
        raise UsageError(f"{path}: a cascade is too long for a line of NDM's format; write a .csv or .parquet file.")
    with atomic_path(path, overwrite=overwrite) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines)
    return path


def _check_ids(dataset: CascadeDataset, path: Path, format: str) -> None:
    """Raises an error if ids of users or items would change when they are read again.

    Raises:
        UsageError: An id has characters that the format cannot hold; all ids look like whole floats.
    """
    table = dataset.table
    users = table.user_ids[table.user.unique().numpy()]
    if format == "ndm":
        reason = "a comma, a blank, or a mark of Unicode's byte order at its start"
        check_written_ids(path, users, "user", "NDM's format", r"[, \t\n\r\f\v]|\A\ufeff", reason)
        return
    for noun, ids in (("user", users), ("item", table.item_ids[table.item.unique().numpy()])):
        check_written_ids(path, ids, noun, "a table", rf"\A[{BLANKS}]|[{BLANKS}]\Z", "blanks around it")
        if all(map(WHOLE_FLOAT.fullmatch, ids)):
            raise UsageError(
                f"{path}: all {noun} ids look like {shorten(ids[0])!r}, which tables write for whole numbers, and "
                f"would be read again as {shorten(ids[0][:-2])!r}; rename them."
            )


def _has_returns(dataset: CascadeDataset) -> bool:
    return any("\r" in name for ids in (dataset.user_ids, dataset.table.item_ids) for name in ids)


def _log_left_out(dataset: CascadeDataset, path: Path, format: str, unit_is_lost: bool = True) -> None:
    table = dataset.table
    unused = table.num_users - table.user.unique().numel()
    left_out = {
        "the items": format == "ndm" and table.item_ids.size > 0,
        "the parents": format == "ndm" and table.parent is not None,
        "the follow graph (write_graph writes it to a file of its own)": table.follow_graph is not None,
        "the true network (write_graph writes it to a file of its own)": table.true_graph is not None,
        "the published split": table.part is not None,
        "the fact that times count from the source of each cascade": not table.times_absolute,
        f"{unused:,} users without a cascade": unused > 0,
        f"the unit of the times ({table.time_unit}: state it when you read the file)": (
            unit_is_lost and table.time_unit is not None
        ),
    }
    named = [name for name, missing in left_out.items() if missing]
    if named:
        logger.warning("%s: not written: %s.", path, ", ".join(named))


def _rows(dataset: CascadeDataset) -> pd.DataFrame:
    frame = to_pandas(dataset)
    columns = ["user", "item", "time"] + (["parent"] if "parent" in frame else [])
    if dataset.table.item.unique().numel() < len(dataset):
        columns.append("cascade")
    return frame[columns]
