"""Facts about a network as a whole in its file: the meaning of its weights, and the unit of its times."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping
from typing import Any

from torch_geometric.data import Data

from graphcascade.data.time_units import SECONDS
from graphcascade.errors import DataError, shorten
from graphcascade.io.lines import csv_reader
from graphcascade.io.times import to_number

__all__ = [
    "CHANCE",
    "chance_to_line",
    "facts_to_line",
    "facts_to_write",
    "graph_facts",
    "line_to_facts",
    "line_to_sources",
    "read_facts",
    "sources_to_line",
]

CHANCE = "links_better_than_chance"
FACTS = ("weight_is", "delays", "time_unit", "horizon", "min_delay", CHANCE)
CHANCE_LINE = re.compile(r"# links better than chance: ([\d,]+) of [\d,]+\s*")
MARK = "# graphcascade:"
SOURCES_MARK = "# graphcascade sources:"


def graph_facts(graph: Data) -> dict[str, str | float]:
    """Returns the facts that a graph has as attributes."""
    return {name: graph[name] for name in FACTS if graph.get(name) is not None}


def facts_to_write(graph: Data, where: str) -> dict[str, str | float]:
    """Returns the facts of a graph, checked so that they can be written to a file.

    Args:
        graph: The graph.
        where: Name of the file in messages.

    Raises:
        DataError: See :func:`read_facts`; or a fact is not a single word that every format can hold.
    """
    facts = read_facts(graph_facts(graph), where)
    for name, value in facts.items():
        if not re.fullmatch(r"[^\s\0-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+", str(value)):
            raise DataError(f"{where}: {name}={shorten(repr(value))} cannot be written; it must be one word.")
    return facts


def read_facts(found: Mapping[str, Any], where: str) -> dict[str, str | float]:
    """Reads the facts among named values; other names are ignored.

    Args:
        found: Names and values. Numbers may be strings.
        where: Name of their origin in messages.

    Raises:
        DataError: A horizon or a shortest delay is not a number above 0; the unit of time is unknown; the number of
            links better than chance is not a whole number.
    """
    facts: dict[str, str | float] = {}
    for name in FACTS:
        value = found.get(name)
        if value is None:
            continue
        if name in ("horizon", "min_delay"):
            number = to_number(value)
            if number is None or not 0 < number <= (math.inf if name == "horizon" else math.nextafter(math.inf, 0)):
                raise DataError(f"{where}: {name}={shorten(str(value))}; it must be a number above 0.")
            facts[name] = number
        elif name == CHANCE:
            number = to_number(value)
            if number is None or not 0 <= number < 2**53 or number != int(number):
                raise DataError(f"{where}: {name}={shorten(str(value))}; it must be a whole number.")
            facts[name] = int(number)
        elif name == "time_unit" and str(value) not in SECONDS:
            raise DataError(f"{where}: time_unit={shorten(str(value))}; use one of {', '.join(SECONDS)}.")
        else:
            facts[name] = str(value)
    return facts


def facts_to_line(facts: Mapping[str, str | float]) -> str:
    """Returns the facts as a comment line of an edge list, without the number of links better than chance."""
    return " ".join([MARK, *(f"{name}={value}" for name, value in facts.items() if name != CHANCE)])


def chance_to_line(better: int, links: int) -> str:
    """Returns the number of links better than chance as a comment line of an edge list."""
    return f"# links better than chance: {better:,} of {links:,}"


def sources_to_line(sources: Mapping[str, int]) -> str:
    """Returns the numbers of cascades that users began as a comment line of an edge list, most first."""
    line = io.StringIO()
    ordered = sorted(sources.items(), key=lambda entry: -entry[1])
    csv.writer(line, lineterminator="").writerow([word for entry in ordered for word in entry])
    return f"{SOURCES_MARK} {line.getvalue()}"


def line_to_sources(line: str, where: str) -> dict[str, int]:
    """Reads the numbers of cascades that users began in a comment line; the result is empty for other comments.

    Raises:
        DataError: The line is not a list of users and whole numbers.
    """
    if not line.startswith(SOURCES_MARK):
        return {}
    with csv_reader([line[len(SOURCES_MARK) :]], skipinitialspace=True) as reader:
        words = next(reader, [])
    counts = [to_number(word) for word in words[1::2]]
    if len(words) % 2 or any(count is None or not 0 < count < 2**53 or count != int(count) for count in counts):
        raise DataError(f"{where}: {SOURCES_MARK} must be followed by users, each with a whole number of cascades.")
    return {user: int(count) for user, count in zip(words[::2], counts, strict=True) if count is not None}


def line_to_facts(line: str, where: str) -> dict[str, str | float]:
    """Reads the facts in a comment line of an edge list; the result is empty for other comments.

    Raises:
        DataError: See :func:`read_facts`.
    """
    chance = CHANCE_LINE.fullmatch(line)
    if chance is not None:
        return read_facts({CHANCE: chance[1].replace(",", "")}, where)
    if not line.startswith(MARK):
        return {}
    return read_facts(dict(word.partition("=")[::2] for word in line[len(MARK) :].split()), where)
