from __future__ import annotations

import csv
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from graphcascade.data.link_columns import LINK_COLUMNS
from graphcascade.errors import DataError
from graphcascade.io.invalid_rows import InvalidRows
from graphcascade.io.lines import BLANKS, csv_reader, name_ending, numbered_lines, shorten, split_blanks
from graphcascade.io.link_columns import find_link_columns, link_separator
from graphcascade.io.link_table import links_of_table
from graphcascade.io.named_edges import NamedEdges, required, to_evidence
from graphcascade.io.network_facts import SOURCES_MARK, line_to_facts, line_to_sources
from graphcascade.io.separators import find_separator, parse_separator, split_header
from graphcascade.io.times import to_number
from graphcascade.io.user_table import read_user_table, split_user_table
from graphcascade.options import TableReadOptions
from graphcascade.plurals import counted

__all__ = ["HEADER", "read_edge_list"]

HEADER = ["source", "target", "weight"]  # names of the columns, which those of the evidence follow
DEFAULTS = TableReadOptions()
logger = logging.getLogger(__name__)


def read_edge_list(
    path: str | Path,
    invalid: InvalidRows,
    options: TableReadOptions = DEFAULTS,
    source_column: str | None = None,
    target_column: str | None = None,
    direction: str | None = None,
) -> NamedEdges:
    """Reads a list of edges: two ids and an optional weight a line; or a text table with names of columns.

    Fields are separated by commas, else by tabs, blanks, semicolons or bars; ids with separators are quoted; lines that
    begin with "#" are comments. A ``.csv`` file may begin with the names of its columns, and any file with names that
    say who follows whom. SNAP's network files begin with a table of users, ``id,name``, and a blank line; the names are
    then used as ids.

    Args:
        path: The file.
        invalid: Collects invalid lines.
        options: Separator and encoding.
        source_column, target_column, direction: See :func:`~graphcascade.io.link_columns.find_link_columns`.

    Returns:
        The edges, from followee to follower.

    Raises:
        MissingFileError: There is no such file.
        DataError: There is no edge, or a column of the table is not known; the file has another encoding.
        UsageError: The direction contradicts the names of the columns; an option has an unknown value.
    """
    lines = list(numbered_lines(path, "edge", options.encoding))
    sep = None if options.sep is None else parse_separator(options.sep)
    first = next((line for _, line in lines if not line.startswith("#")), "")
    separator = sep or link_separator(first)
    is_named = source_column is not None or target_column is not None
    of_network = name_ending(path) == ".csv" and _is_header(split_header(first, ","), 2)
    if not is_named and separator is not None and not of_network:
        is_named = find_link_columns(path, split_header(first, separator), None, None, direction) is not None
    if is_named:
        separator = separator or find_separator(path, first, [str(source_column), str(target_column)], ",")
        frame, facts = _table(path, lines, separator, invalid)
        return replace(links_of_table(frame, path, invalid, source_column, target_column, direction), facts=facts)
    edges = _read_list(path, lines, invalid, sep)
    if direction == "follower-followee":
        return replace(edges, first=edges.second, second=edges.first)
    return edges


def _table(
    path: str | Path, lines: Sequence[tuple[int, str]], separator: str, invalid: InvalidRows
) -> tuple[pd.DataFrame, dict[str, str | float]]:
    """Reads a table with names of columns, and the facts in its comments."""
    facts: dict[str, str | float] = {}
    header: list[str] = []
    rows: list[list[str]] = []
    numbers: list[int] = []
    for number, line in lines:
        if line.startswith("#"):
            facts |= line_to_facts(line, f"{path}, line {number}")
            continue
        fields = split_header(line, separator)
        if not header:
            header = fields
            continue
        fields += [""] * (len(header) - len(fields)) * (separator in BLANKS)  # blanks at the end of a line are removed
        if len(fields) != len(header):
            reason = f"has {counted(len(fields), 'field')}, and the header names {counted(len(header), 'column')}"
            invalid.add_line(number, "wrong number of fields", reason, line)
        else:
            rows.append(fields)
            numbers.append(number)
    if not rows:
        raise DataError(f"{path}: empty; it contains no edge.")
    invalid.lines = np.array(numbers, dtype=np.int64)
    return pd.DataFrame(rows, columns=header, dtype=object), facts


def _read_list(path: str | Path, lines: Sequence[tuple[int, str]], invalid: InvalidRows, sep: str | None) -> NamedEdges:
    """Reads a list of edges, which a table of users may precede."""
    table, links = split_user_table(lines)
    if links:
        try:
            names = read_user_table(path, table)
            edges = _read(path, links, InvalidRows(path, strict=True), sep)
        except DataError:
            names, edges = {}, None
        if edges is not None and {*edges.first, *edges.second} <= names.keys():
            logger.warning(
                "%s: lines %d to %d are read as a table of %s users, as in SNAP's files; remove the blank line after "
                "them if they are links.",
                path,
                table[0][0],
                table[-1][0],
                f"{len(names):,}",
            )
            first, second = (
                np.array([names[user] for user in ends], dtype=object) for ends in (edges.first, edges.second)
            )
            users = np.array(list(names.values()), dtype=object)
            return NamedEdges(first, second, edges.weight, edges.where, edges.evidence, edges.facts, users)
    return _read(path, lines, invalid, sep)


def _read(path: str | Path, lines: Sequence[tuple[int, str]], invalid: InvalidRows, sep: str | None) -> NamedEdges:
    rows: list[list[str]] = []
    numbers: list[int] = []
    facts: dict[str, str | float] = {}
    sources: dict[str, int] = {}
    header: list[str] = []  # fields after the weight only have a meaning if a header names them
    may_be_header = name_ending(path) == ".csv"  # whether the next line may be one
    for number, line in lines:
        place = f"{path}, line {number}"
        if line.startswith("#"):
            facts |= line_to_facts(line, place)
            sources |= line_to_sources(line, place)
            if line.startswith(SOURCES_MARK):
                continue
            named = _fields(line[1:], place)
            header = named if _is_header(named, 4) else header
            continue
        fields = _fields(line, place, sep)
        if may_be_header and _is_header(fields, 2):
            header, may_be_header = fields, False
            continue
        may_be_header = False
        problem = _problem(fields, line, header, rows)
        if problem is not None:
            invalid.add_line(number, *problem, line)
            continue
        rows.append(fields)
        numbers.append(number)
    if not rows and invalid:
        raise invalid.error(None)
    if not rows:
        raise DataError(f"{path}: empty; it contains no edge.")
    invalid.lines = np.array(numbers, dtype=np.int64)
    table = np.array(rows, dtype=object)
    weight = table[:, 2].astype(np.float64) if table.shape[1] >= 3 else None
    evidence = {
        name: np.array([to_evidence(name, value) for value in table[:, column]])
        for column, name in enumerate(header[: table.shape[1]])
        if column >= len(HEADER)
    }
    return NamedEdges(
        table[:, 0],
        table[:, 1],
        weight,
        lambda edge: f"{path}, line {numbers[edge]}",
        evidence,
        facts,
        sources=sources,
    )


def _problem(
    fields: list[str], line: str, header: Sequence[str], rows: Sequence[Sequence[str]]
) -> tuple[str, str] | None:
    """Returns the kind of a problem of a line, and the problem itself; ``None`` if the line is an edge."""
    if not 2 <= len(fields) <= max(3, len(header)) or (rows and len(fields) != len(rows[0])):
        return "wrong number of fields", (
            f"{shorten(line)!r} has {counted(len(fields), 'field')}; an edge has two ids, and a weight on "
            "every line or on none"
        )
    if not all(fields[:2]):
        return "user id missing", f"{shorten(line)!r} has an empty user id"
    if len(fields) >= 3 and to_number(fields[2]) is None:
        hint = "" if rows else "; if this is a header, begin it with #, or name its columns"
        return "weight not a number", f"the weight {shorten(fields[2])!r} is not a number{hint}"
    for name, field in zip(header[3:], fields[3:], strict=False):
        if to_evidence(name, field) is None:
            return f"{name} invalid", f"the {name} {shorten(field)!r} is not {required(name)}"
    return None


def _is_header(fields: list[str], least: int) -> bool:
    """Whether fields are the names of at least this many columns."""
    known = len(fields) >= least and fields[:3] == HEADER[: len(fields)]
    return known and len({*fields[3:]} & {*LINK_COLUMNS}) == len(fields[3:])


def _fields(line: str, place: str, sep: str | None = None) -> list[str]:
    if sep is not None:
        fields = split_header(line, sep)
    elif '"' in line:
        try:
            with csv_reader([line], skipinitialspace=True) as reader:
                fields = next(reader)
        except csv.Error as error:
            raise DataError(f"{place}: cannot be split into fields ({error}); check its quotation marks.") from None
    elif "," in line or "\t" in line:
        fields = line.split("," if "," in line else "\t")
    else:
        fields = split_blanks(line)
        if len(fields) == 1 and (";" in line or "|" in line):
            fields = line.split(";" if ";" in line else "|")
    return [field.strip(BLANKS) for field in fields]
