from __future__ import annotations

import os
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
from graphcascade.io.prepared_folder import is_prepared_folder, open_prepared
from graphcascade.io.topolstm import read_topolstm
from graphcascade.options import TableReadOptions
from graphcascade.options.table_read_options import OnError

__all__ = ["FORMATS", "guess_format", "read_cascades"]

LINE_FORMATS: dict[str, Callable[[str | Path, str | None], RawEvents]] = {
    "ndm": read_ndm,
    "mshgat": read_mshgat,
    "topolstm": read_topolstm,
    "hidan": read_hidan,
    "deephawkes": read_deephawkes,
    "netinf": read_netinf,
}
INTERACTIONS_COLUMNS = {"user": "user_id", "item": "topic_id", "time": "timestamp"}
LOG_FORMATS = ("csv", "tsv", "jsonl", "parquet", "xlsx", "interactions")
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
    *,
    sep: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    time_format: str | None = None,
    on_error: OnError = "stop",
    errors_out: str | Path | None = None,
    **columns: Any,
) -> CascadeDataset:
    """Reads cascades from a file of any format.

    Args:
        path: The file; ``.gz``, ``.bz2`` and ``.xz`` files are decompressed. Or a folder that
            :func:`~graphcascade.io.prepare_cascades` wrote, which needs no options.
        format: One of ``FORMATS``; guessed from the name's ending or the first lines if left out.
        follow_graph: Links from followee to follower between the users; see
            :func:`~graphcascade.io.read_follow_graph`.
        time_unit: Unit of times that are numbers: "ns", "us", "ms", "s", "min", "h", "d".
        sep: Separator of the columns of a text table: "comma", "semicolon", "tab", "pipe", "space", or the character
            itself; found from the line with the names of the columns if left out.
        encoding: Encoding of a text file, such as "latin-1"; UTF-8 by default, or UTF-16 if the file begins with its
            mark of byte order.
        sheet: Name of the sheet of an Excel workbook, if it has several.
        time_format: Form of the dates of a table: "day-first", "month-first", "iso", "twitter", "unix", "unix-ms", or a
            pattern of strptime; found from the dates if left out.
        on_error: What to do with invalid rows of a table: "stop" raises an error that lists them; "drop" leaves them
            out, and counts them in the repairs of the dataset.
        errors_out: File that all invalid rows are written to, with line, value and reason; replaced if it exists.
        columns: Names of the columns of a table: ``user``, ``item``, ``time``, ``cascade``, ``parent``.

    Raises:
        MissingFileError: There is no such file.
        DataError: The content is invalid; the message names the line.
        UsageError: The format cannot be guessed; the time unit is unknown; an option has no effect on the format.
        UnknownNameError: The format is unknown.
    """
    if not isinstance(path, str | os.PathLike):
        reason = f"must be a path, not {type(path).__name__}; from_pandas makes cascades of a DataFrame"
        raise UsageError(argument="path", reason=reason)
    if is_prepared_folder(path):
        given: dict[str, Any] = {
            "format": format,
            "time_unit": time_unit,
            "sep": sep,
            "encoding": encoding,
            "sheet": sheet,
        }
        given |= {"time_format": time_format, "errors_out": errors_out, **columns}
        given |= {} if on_error == "stop" else {"on_error": on_error}
        for argument, value in given.items():
            if value is not None:
                reason = "has no effect on prepared cascades; leave it out, or prepare the log again with it"
                raise UsageError(argument=argument, value=value, reason=reason)
        return _with_links(open_prepared(path), follow_graph)
    path = require_file(path)
    check_time_unit(time_unit)
    options = TableReadOptions(
        sep, encoding, sheet, time_format, on_error, None if errors_out is None else Path(errors_out)
    )
    format = guess_format(path, encoding) if format is None else format
    unit = time_unit
    if format in LINE_FORMATS:
        names = ("sep", "sheet", "time_format", "on_error", "errors_out")
        idle = {
            name: getattr(options, name) for name in names if getattr(options, name) != getattr(TableReadOptions, name)
        }
        idle |= {name: column for name, column in columns.items() if column not in (None, name)}
        for argument, value in idle.items():
            reason = f"has no effect on the format {format}, which is no table; leave it out"
            raise UsageError(argument=argument, value=value, reason=reason)
        raw = LINE_FORMATS[format](path, encoding)
        if format == "deephawkes":
            unit = time_unit or "s"
    elif format == "interactions":
        named = {argument: column for argument, column in columns.items() if column != argument}
        raw, unit = read_log(path, time_unit=time_unit, format="csv", options=options, **(INTERACTIONS_COLUMNS | named))
    elif format in LOG_FORMATS:
        raw, unit = read_log(path, time_unit=time_unit, format=format, options=options, **columns)
    else:
        raise UnknownNameError(f"unknown format {format!r}: use one of {', '.join(FORMATS)}.")
    table = check_events(raw, None, unit, name=file_stem(path))
    return _with_links(CascadeDataset(table), follow_graph)


def _with_links(
    dataset: CascadeDataset,
    follow_graph: str | Path | nx.Graph | pd.DataFrame | None,  # type: ignore[type-arg]
) -> CascadeDataset:
    if follow_graph is None:
        return dataset
    graph, left_out = read_follow_graph(follow_graph, dataset.user_ids)
    return dataset.with_follow_graph(graph, left_out)


def guess_format(path: str | Path, encoding: str | None = None) -> str:
    """Guesses the format of a file from the ending of its name, or else from its first lines.

    Args:
        path: The file.
        encoding: Its encoding; see :func:`read_cascades`.

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
    if _has_table_of_users(path, encoding):
        return "netinf"
    lines = list(islice(numbered_lines(path, encoding=encoding), 20))
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


def _has_table_of_users(path: Path, encoding: str | None) -> bool:
    """Whether lines ``id,name``, a blank line, and a cascade that begins with one of the ids come first."""
    ids: set[str] = set()
    before = None
    for number, line in numbered_lines(path, encoding=encoding):
        if before not in (None, number - 1):
            return line.rpartition(";")[2].partition(",")[0].strip(BLANKS) in ids
        user, comma, _ = line.partition(",")
        if not comma:
            return False
        ids.add(user.strip(BLANKS))
        before = number
    return False
