from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd

from graphcascade.data import CascadeDataset, RawEvents, check_events
from graphcascade.errors import UnknownNameError, UsageError
from graphcascade.io.deephawkes import read_deephawkes
from graphcascade.io.edges import read_follow_graph
from graphcascade.io.hidan import read_hidan
from graphcascade.io.lines import numbered_lines, require_file
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
LOG_FORMATS = ("csv", "tsv", "jsonl", "parquet", "interactions")
FORMATS = (*LINE_FORMATS, *LOG_FORMATS)
"""Names of the formats that can be read."""

NUMBER = r"-?\d+(\.\d+)?([eE][-+]?\d+)?"
LOOKS = {
    "deephawkes": re.compile(r"^[^\t]+\t[^\t]+\t[^\t]+\t\d+\t\S"),
    "hidan": re.compile(rf"^[^,:\s]+(,[^,:\s]+)*,?:{NUMBER}(,{NUMBER})*,?$"),
    "mshgat": re.compile(rf"^(\S+ )?[^,\s]+ {NUMBER}(,[^,\s]+ {NUMBER})*,?$"),
    "ndm": re.compile(rf"^[^,\s]+,{NUMBER}( [^,\s]+,{NUMBER})*$"),
    "topolstm": re.compile(rf"^[^,\s]+( [^,\s]+ {NUMBER})+$"),
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
        path: The file; ``.gz`` is unpacked.
        format: One of ``FORMATS``; guessed from the name's ending or the first lines if left out.
        follow_graph: Links 'followee follower' between the users, as of
            :func:`~graphcascade.io.read_follow_graph`.
        time_unit: Unit of times that are numbers: "ns", "us", "ms", "s", "min", "h", "d".
        columns: Names of the columns of a table: ``user``, ``item``, ``time``, ``cascade``, ``parent``.

    Raises:
        MissingFileError: There is no such file.
        DataError: What is in it cannot be right; the message names the line.
        UsageError: The format cannot be guessed.
        UnknownNameError: The format is not known.
    """
    path = require_file(path)
    format = guess_format(path) if format is None else format
    unit = time_unit
    if format in LINE_FORMATS:
        raw = LINE_FORMATS[format](path)
    elif format in LOG_FORMATS:
        if format == "interactions":
            defaults = {"user": "user_id", "item": "topic_id", "time": "timestamp"}
            columns = {k: v for k, v in columns.items() if v != k} if columns else {}
            columns = defaults | columns
        raw, unit = read_log(path, time_unit=time_unit, **columns)
    else:
        raise UnknownNameError(f"unknown format {format!r}: known are {', '.join(FORMATS)}.")
    name = path.name.split(".")[0]
    dataset = CascadeDataset(check_events(raw, None, unit, times_absolute=format != "hidan", name=name))
    if follow_graph is None:
        return dataset
    graph, left_out = read_follow_graph(follow_graph, dataset.user_ids)
    return dataset.with_follow_graph(graph, left_out)


def guess_format(path: str | Path) -> str:
    """The format of a file, by the ending of its name, else by its first lines.

    Raises:
        MissingFileError: There is no such file.
        DataError: It is empty.
        UsageError: It looks like none of the formats.
    """
    path = require_file(path)
    suffixes = [suffix.lower().lstrip(".") for suffix in path.suffixes if suffix.lower() != ".gz"]
    ending = {"ndjson": "jsonl"}.get(suffixes[-1], suffixes[-1]) if suffixes else ""
    if ending in LOG_FORMATS:
        return ending
    lines = list(islice(numbered_lines(path), 20))
    number, first = lines[0]
    if all(line.count(",") == 1 for _, line in lines[:2]) and _has_gap(path):
        return "netinf"
    for name, pattern in LOOKS.items():
        if all(pattern.match(line) for _, line in lines):
            return name
    shown = first if len(first) <= 60 else first[:57] + "..."
    raise UsageError(
        f"{path}, line {number}: {shown!r} looks like none of the formats; name one: {', '.join(FORMATS)}."
    )


def _has_gap(path: Path) -> bool:
    """Whether a blank line stands between others, as after netinf's table of users."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        blank = False
        for line in file:
            if blank and line.strip():
                return True
            blank = blank or not line.strip()
    return False
