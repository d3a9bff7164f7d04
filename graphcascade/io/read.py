from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd

from graphcascade.data import CascadeDataset, RawEvents, check_events
from graphcascade.errors import UnknownNameError, UsageError
from graphcascade.io import log
from graphcascade.io.deephawkes import read_deephawkes
from graphcascade.io.edges import read_follow_graph
from graphcascade.io.frame_events import check_time_unit
from graphcascade.io.hidan import read_hidan
from graphcascade.io.lines import BLANKS, file_stem, name_ending, numbered_lines, require_file, shorten
from graphcascade.io.log import read_log
from graphcascade.io.mshgat import read_mshgat
from graphcascade.io.ndm import read_ndm
from graphcascade.io.netinf import read_netinf
from graphcascade.io.topolstm import read_topolstm

__all__ = ["FORMATS", "guess_format", "read_cascades"]

LINE_FORMATS: dict[str, Callable[[str | Path], RawEvents]] = {
    "ndm": read_ndm,
    "mshgat": read_mshgat,
    "topolstm": read_topolstm,
    "hidan": read_hidan,
    "deephawkes": read_deephawkes,
    "netinf": read_netinf,
}
INTERACTIONS_COLUMNS = {"user": "user_id", "item": "topic_id", "time": "timestamp"}
LOG_FORMATS = ("csv", "tsv", "jsonl", "parquet", "interactions")
FORMATS = (*LINE_FORMATS, *LOG_FORMATS)
"""Names of the formats that can be read."""

NUMBER = r"-?\d+(\.\d+)?([eE][-+]?\d+)?"
LINE_PATTERNS = {
    "deephawkes": re.compile(r"^[^\t]+\t[^\t]+\t[^\t]+\t\d+\t\S", re.ASCII),
    "hidan": re.compile(rf"^[^,:\s]+(,[^,:\s]+)*,?:{NUMBER}(,{NUMBER})*,?$", re.ASCII),
    "mshgat": re.compile(rf"^(\S+ )?[^,\s]+ {NUMBER}(,[^,\s]+ {NUMBER})*,?$", re.ASCII),
    "ndm": re.compile(rf"^[^,\s]+,{NUMBER}( [^,\s]+,{NUMBER})*$", re.ASCII),
    "topolstm": re.compile(rf"^[^,\s]+( [^,\s]+ {NUMBER})+$", re.ASCII),
}


def read_cascades(
    path: str | Path,
    format: str | None = None,
    follow_graph: str | Path | nx.Graph | pd.DataFrame | None = None,  # type: ignore[type-arg]
    time_unit: str | None = None,
    **columns: Any,
) -> CascadeDataset:
    """Reads cascades from a file of any format.

    Args:
        path: The file; ``.gz`` files are decompressed.
        format: One of ``FORMATS``; guessed from the name's ending or the first lines if left out.
        follow_graph: Links from followee to follower between the users; see
            :func:`~graphcascade.io.read_follow_graph`.
        time_unit: Unit of times that are numbers: "ns", "us", "ms", "s", "min", "h", "d".
        columns: Names of the columns of a table: ``user``, ``item``, ``time``, ``cascade``, ``parent``.

    Raises:
        MissingFileError: There is no such file.
        DataError: The content is invalid; the message names the line.
        UsageError: The format cannot be guessed; the time unit is unknown.
        UnknownNameError: The format is unknown.
    """
    path = require_file(path)
    check_time_unit(time_unit)
    format = guess_format(path) if format is None else format
    unit = time_unit
    if format in LINE_FORMATS:
        raw = LINE_FORMATS[format](path)
        if format == "deephawkes":
            unit = time_unit or "s"
    elif format == "interactions":
        named = {argument: column for argument, column in columns.items() if column != argument}
        raw, unit = read_log(path, time_unit=time_unit, **(INTERACTIONS_COLUMNS | named))
    elif format in LOG_FORMATS:
        raw, unit = read_log(path, time_unit=time_unit, format=format, **columns)
    else:
        raise UnknownNameError(f"unknown format {format!r}: use one of {', '.join(FORMATS)}.")
    table = check_events(raw, None, unit, name=file_stem(path))
    dataset = CascadeDataset(table)
    if follow_graph is None:
        return dataset
    graph, left_out = read_follow_graph(follow_graph, dataset.user_ids)
    return dataset.with_follow_graph(graph, left_out)


def guess_format(path: str | Path) -> str:
    """Guesses the format of a file from the ending of its name, or else from its first lines.

    Raises:
        MissingFileError: There is no such file.
        DataError: It is empty.
        UsageError: The lines match none of the formats, or several; the file is a pipe.
    """
    path = require_file(path)
    ending = log.ENDINGS.get(name_ending(path))
    if ending is not None:
        return ending
    if not path.is_file():  # the lines that were read to guess could not be read again
        raise UsageError(
            value=path,
            reason="a pipe can be read only once, so its format cannot be guessed; state it, for example with",
            remedy=("format", "csv"),
        )
    if _has_table_of_users(path):
        return "netinf"
    lines = list(islice(numbered_lines(path), 20))
    likely = [name for name, pattern in LINE_PATTERNS.items() if all(pattern.match(line) for _, line in lines)]
    if len(likely) == 1:
        return likely[0]
    if likely:
        raise UsageError(
            value=path,
            reason=f"its lines fit the formats {' and '.join(likely)}; state which it is, for example with",
            remedy=("format", likely[0]),
        )
    number, first = next(
        (pair for pair in lines if not any(pattern.match(pair[1]) for pattern in LINE_PATTERNS.values())), lines[0]
    )
    raise UsageError(
        value=f"{path}, line {number}",
        reason=f"cannot guess the format of {shorten(first)!r}; state one of {', '.join(FORMATS)}, for example with",
        remedy=("format", "csv"),
    )


def _has_table_of_users(path: Path) -> bool:
    """Whether lines ``id,name``, a blank line, and a cascade that begins with one of the ids come first."""
    ids: set[str] = set()
    before = None
    for number, line in numbered_lines(path):
        if before not in (None, number - 1):
            return line.rpartition(";")[2].partition(",")[0].strip(BLANKS) in ids
        user, comma, _ = line.partition(",")
        if not comma:
            return False
        ids.add(user.strip(BLANKS))
        before = number
    return False
