"""What a network file says about the network as a whole: what its weights mean, and the unit of its times."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from torch_geometric.data import Data

from graphcascade.data.time_units import SECONDS
from graphcascade.errors import DataError, shorten
from graphcascade.io.times import number_of

__all__ = ["facts_of", "facts_to_line", "facts_to_write", "line_to_facts", "read_facts"]

FACTS = ("weight_is", "delays", "time_unit", "horizon", "min_delay")
MARK = "# graphcascade:"


def facts_of(graph: Data) -> dict[str, str | float]:
    """The facts that a graph has as attributes."""
    return {name: graph[name] for name in FACTS if graph.get(name) is not None}


def facts_to_write(graph: Data, where: str) -> dict[str, str | float]:
    """The facts of a graph that is to be written to a file.

    Args:
        graph: The graph.
        where: What error messages call the file.

    Raises:
        DataError: As for :func:`read_facts`; a fact that is not one word of characters that every file can hold.
    """
    facts = read_facts(facts_of(graph), where)
    for name, value in facts.items():
        if not re.fullmatch(r"[^\s\0-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+", str(value)):
            raise DataError(f"{where}: {name}={shorten(repr(value))} cannot be written; it must be one word.")
    return facts


def read_facts(found: Mapping[str, Any], where: str) -> dict[str, str | float]:
    """The facts among named values; other names are ignored.

    Args:
        found: Names and values. Numbers may be text.
        where: What error messages call their origin.

    Raises:
        DataError: A horizon or a shortest delay that is not a number above 0; an unknown unit of time.
    """
    facts: dict[str, str | float] = {}
    for name in FACTS:
        value = found.get(name)
        if value is None:
            continue
        if name in ("horizon", "min_delay"):
            number = number_of(value)
            if number is None or not 0 < number <= (math.inf if name == "horizon" else math.nextafter(math.inf, 0)):
                raise DataError(f"{where}: {name}={shorten(str(value))}; it must be a number above 0.")
            facts[name] = number
        elif name == "time_unit" and str(value) not in SECONDS:
            raise DataError(f"{where}: time_unit={shorten(str(value))}; use one of {', '.join(SECONDS)}.")
        else:
            facts[name] = str(value)
    return facts


def facts_to_line(facts: Mapping[str, str | float]) -> str:
    """The comment line of an edge list that holds the facts."""
    return " ".join([MARK, *(f"{name}={value}" for name, value in facts.items())])


def line_to_facts(line: str, where: str) -> dict[str, str | float]:
    """The facts in a comment line of an edge list; none if it is another comment.

    Raises:
        DataError: As for :func:`read_facts`.
    """
    if not line.startswith(MARK):
        return {}
    return read_facts(dict(word.partition("=")[::2] for word in line[len(MARK) :].split()), where)
