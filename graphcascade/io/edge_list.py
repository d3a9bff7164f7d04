from __future__ import annotations

import csv
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from graphcascade.data.link_columns import LINK_COLUMNS
from graphcascade.errors import DataError
from graphcascade.io.lines import BLANKS, csv_reader, name_ending, numbered_lines, shorten, split_blanks
from graphcascade.io.named_edges import NamedEdges, required, to_evidence
from graphcascade.io.network_facts import line_to_facts
from graphcascade.io.times import to_number
from graphcascade.io.user_table import read_user_table, split_user_table

__all__ = ["HEADER", "read_edge_list"]

HEADER = ["source", "target", "weight"]  # names of the columns, which those of the evidence follow
logger = logging.getLogger(__name__)


def read_edge_list(path: str | Path) -> NamedEdges:
    """Reads a list of edges: two ids and an optional weight a line.

    Fields are separated by commas, else by tabs, else by blanks; ids with commas are quoted; lines that begin with
    "#" are comments. A ``.csv`` file may begin with the names of its columns. SNAP's network files begin with a table
    of users, ``id,name``, and a blank line; the names are then used as ids.

    Raises:
        MissingFileError: There is no such file.
        DataError: A line has another form; there is no edge.
    """
    lines = list(numbered_lines(path, "edge"))
    table, links = split_user_table(lines)
    if links:
        try:
            names = read_user_table(path, table)
            edges = _read(path, links)
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
    return _read(path, lines)


def _read(path: str | Path, lines: Sequence[tuple[int, str]]) -> NamedEdges:
    rows: list[list[str]] = []
    numbers: list[int] = []
    facts: dict[str, str | float] = {}
    header: list[str] = []  # fields after the weight only have a meaning if a header names them
    may_be_header = name_ending(path) == ".csv"  # whether the next line may be one
    for number, line in lines:
        place = f"{path}, line {number}"
        if line.startswith("#"):
            facts |= line_to_facts(line, place)
            named = _fields(line[1:], place)
            header = named if _is_header(named, 4) else header
            continue
        fields = _fields(line, place)
        if may_be_header and _is_header(fields, 2):
            header, may_be_header = fields, False
            continue
        may_be_header = False
        if not 2 <= len(fields) <= max(3, len(header)) or (rows and len(fields) != len(rows[0])):
            raise DataError(
                f"{place}: {shorten(line)!r} has {len(fields)} field{'s'[: len(fields) != 1]}; an edge has two ids, "
                "and a weight on every line or on none."
            )
        if not all(fields[:2]):
            raise DataError(f"{place}: {shorten(line)!r} has an empty user id.")
        if len(fields) >= 3 and to_number(fields[2]) is None:
            hint = "" if rows else "; if this is a header, begin it with #"
            raise DataError(f"{place}: the weight {shorten(fields[2])!r} is not a number{hint}.")
        for name, field in zip(header[3:], fields[3:], strict=False):
            if to_evidence(name, field) is None:
                raise DataError(f"{place}: the {name} {shorten(field)!r} is not {required(name)}.")
        rows.append(fields)
        numbers.append(number)
    if not rows:
        raise DataError(f"{path}: empty; it contains no edge.")
    table = np.array(rows, dtype=object)
    weight = table[:, 2].astype(np.float64) if table.shape[1] >= 3 else None
    evidence = {
        name: np.array([to_evidence(name, value) for value in table[:, column]])
        for column, name in enumerate(header[: table.shape[1]])
        if column >= len(HEADER)
    }
    return NamedEdges(table[:, 0], table[:, 1], weight, lambda edge: f"{path}, line {numbers[edge]}", evidence, facts)


def _is_header(fields: list[str], least: int) -> bool:
    """Whether fields are the names of at least this many columns."""
    known = len(fields) >= least and fields[:3] == HEADER[: len(fields)]
    return known and len({*fields[3:]} & {*LINK_COLUMNS}) == len(fields[3:])


def _fields(line: str, place: str) -> list[str]:
    if '"' in line:
        try:
            with csv_reader([line], skipinitialspace=True) as reader:
                fields = next(reader)
        except csv.Error as error:
            raise DataError(f"{place}: cannot be split into fields ({error}); check its quotation marks.") from None
    elif "," in line or "\t" in line:
        fields = line.split("," if "," in line else "\t")
    else:
        fields = split_blanks(line)
    return [field.strip(BLANKS) for field in fields]
