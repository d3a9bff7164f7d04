from __future__ import annotations

import logging
from itertools import pairwise
from pathlib import Path

import pandas as pd

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.io.atomic import atomic_path
from graphcascade.io.ids import WHOLE_FLOAT
from graphcascade.io.lines import BLANKS, LONGEST_LINE, shorten
from graphcascade.io.pandas_frames import to_pandas
from graphcascade.io.table_files import TABLES, file_format, write_table
from graphcascade.io.written_ids import check_written_ids

__all__ = ["write_cascades", "write_csv", "write_ndm", "writing_format"]

ENDINGS = TABLES | {".txt": "ndm"}
logger = logging.getLogger(__name__)


def write_cascades(
    dataset: CascadeDataset, path: str | Path, format: str | None = None, *, overwrite: bool = False
) -> Path:
    """Writes cascades; reading the file gives the same users, items and times again.

    Ids that would not be read again as they are raise an error before anything is written. What the format has no
    place for (graphs, the files' split, the unit of times; in NDM's also items and parents) is logged.

    Args:
        dataset: The cascades.
        path: File to write; it appears whole or not at all.
        format: "csv", "tsv", "jsonl", "parquet" or "ndm"; by the ending of the name if left out (``.txt`` is "ndm").
        overwrite: Whether to replace a file that exists.

    Raises:
        UsageError: The format is not known, or cannot hold the ids of users or items.
        StorageError: The file exists already; the folder cannot be written to; the disk is full.
    """
    path = Path(path)
    format = writing_format(path) if format is None else format
    if format == "ndm":
        _say_left_out(dataset, path, format)
        return write_ndm(dataset, path, overwrite=overwrite)
    if format not in ENDINGS.values():
        raise UsageError(f"{path}: format={format!r}; use one of {', '.join(dict.fromkeys(ENDINGS.values()))}.")
    _check_ids(dataset, path, format)
    _say_left_out(dataset, path, format)
    # Whether a carriage return alone is quoted depends on the version of Python.
    write_table(_rows(dataset), path, format, quote_all=_has_returns(dataset), overwrite=overwrite)
    return path


def writing_format(path: str | Path) -> str:
    """The format that the ending of a file's name stands for.

    Raises:
        UsageError: It stands for none.
    """
    return file_format(path, ENDINGS)


def write_csv(dataset: CascadeDataset, path: str | Path, *, overwrite: bool = False) -> Path:
    """Writes one event a row: ``user,item,time``, then ``parent`` if known, and ``cascade`` where items repeat.

    Args:
        dataset: The cascades.
        path: File to write; it appears whole or not at all.
        overwrite: Whether to replace a file that exists.

    Raises:
        UsageError: The format cannot hold the ids of users or items.
        StorageError: The file exists already; the folder cannot be written to; the disk is full.
    """
    return write_cascades(dataset, path, "csv", overwrite=overwrite)


def write_ndm(dataset: CascadeDataset, path: str | Path, *, overwrite: bool = False) -> Path:
    """Writes ``u1,t1 u2,t2 ...``, one cascade a line. Items and parents have no place in this format.

    Args:
        dataset: The cascades.
        path: File to write; it appears whole or not at all.
        overwrite: Whether to replace a file that exists.

    Raises:
        UsageError: A user's id has a comma or a blank in it; a cascade is too long for a line.
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
    """Raises an error if the users' or the items' ids would not be read again as they are.

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


def _say_left_out(dataset: CascadeDataset, path: Path, format: str) -> None:
    table = dataset.table
    unused = table.num_users - table.user.unique().numel()
    left_out = {
        "the items": format == "ndm" and table.item_ids.size > 0,
        "the parents": format == "ndm" and table.parent is not None,
        "the follow graph (io.write_graph; --write-graph of convert and simulate)": table.follow_graph is not None,
        "the true network (io.write_graph; --write-graph of convert and simulate)": table.true_graph is not None,
        "the split of the files": table.part is not None,
        "that times count from each cascade's own source": not table.times_absolute,
        f"{unused:,} users of no cascade": unused > 0,
        f"the unit of the times ({table.time_unit}: state it when you read the file)": table.time_unit is not None,
    }
    named = [name for name, missing in left_out.items() if missing]
    if named:
        logger.warning("%s: has no place for %s.", path, ", ".join(named))


def _rows(dataset: CascadeDataset) -> pd.DataFrame:
    frame = to_pandas(dataset)
    columns = ["user", "item", "time"] + (["parent"] if "parent" in frame else [])
    if dataset.table.item.unique().numel() < len(dataset):
        columns.append("cascade")
    return frame[columns]
