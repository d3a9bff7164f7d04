from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import networkx as nx
import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch_geometric.data import Data

from graphcascade.data import user_graph
from graphcascade.errors import DataError, UsageError
from graphcascade.io.atomic import atomic_path
from graphcascade.io.frame_events import ids_of, number_of
from graphcascade.io.lines import BLANKS, name_ending, numbered_lines, require_file, shorten, split_blanks
from graphcascade.io.network_facts import facts_of, facts_to_line, line_to_facts, read_facts
from graphcascade.io.networkx_graphs import to_networkx

__all__ = ["check_graph_file", "read_follow_graph", "read_graph", "write_graph"]

Ids = npt.NDArray[np.object_]
HEADER = ["source", "target", "weight", "support"]  # of .csv files, and of lists with a support


class Edges(NamedTuple):
    """Edges as their source names them."""

    first: Ids
    second: Ids
    weight: npt.NDArray[np.float64] | None
    where: str | Callable[[int], str]
    support: npt.NDArray[np.int64] | None = None
    facts: dict[str, str | float] = {}  # noqa: RUF012

    def graph(self, user_ids: Ids, unknown: Literal["error", "drop"], reverse: bool = False) -> tuple[Data, int]:
        """The edges between some users, and how many edges are dropped."""
        ends = (self.second, self.first) if reverse else (self.first, self.second)
        graph, dropped = user_graph(*ends, user_ids, self.weight, unknown, self.where, self.support)
        for name, value in self.facts.items():
            graph[name] = value
        return graph, dropped


def read_follow_graph(
    source: str | Path | nx.Graph | pd.DataFrame,  # type: ignore[type-arg]
    user_ids: npt.NDArray[np.object_],
    direction: Literal["followee-follower", "follower-followee"] = "followee-follower",
    unknown: Literal["error", "drop"] = "error",
) -> tuple[Data, int]:
    """A follow graph over the users of a dataset.

    Args:
        source: An edge list (two ids a line, separated by a comma, else a tab, else blanks, then maybe a weight; ids
            with commas are quoted; lines that begin with "#" are comments, and a .csv may begin with
            "source,target,weight"), a .graphml file, a networkx graph (an undirected one counts both ways), or a table
            whose first two columns are the ids and whose third, if any, is the weight. A file that
            :func:`write_graph` wrote may also hold the support of each edge and facts about the network.
        user_ids: Ids of the users, ``[U]``.
        direction: What the two ids of an edge are.
        unknown: Whether an edge with a user who is not among ``user_ids`` is an error, or dropped and counted.

    Returns:
        ``Data(edge_index, num_nodes=U)`` with edges from followee to follower, and the number of edges dropped. Where
        the source has them, also ``edge_weight``, ``support`` and the facts that :func:`write_graph` writes.

    Raises:
        MissingFileError: There is no such file.
        DataError: A line of another form; an unknown user; no edge.
        UsageError: An unknown direction.
    """
    if direction not in ("followee-follower", "follower-followee"):
        raise UsageError(f"direction={direction!r}: use 'followee-follower' or 'follower-followee'.")
    return _edges(source).graph(user_ids, unknown, reverse=direction == "follower-followee")


def read_graph(source: str | Path | nx.Graph | pd.DataFrame) -> tuple[Data, npt.NDArray[np.object_]]:  # type: ignore[type-arg]
    """A network of its own, such as one to simulate on; its users have numbers of their own, too.

    To compare with what was inferred from a dataset, :func:`read_follow_graph` reads it over the dataset's users.

    Args:
        source: As of :func:`read_follow_graph`; edges run the way information flows.

    Returns:
        ``Data(edge_index, num_nodes)`` and the users' ids in the order in which they appear. Where the source has them,
        the graph also has ``edge_weight``, ``support`` and the facts that :func:`write_graph` writes.

    Raises:
        MissingFileError: There is no such file.
        DataError: A line of another form; a weight that is not finite or is negative; no edge.
    """
    edges = _edges(source)
    user_ids = np.asarray(pd.unique(np.stack([edges.first, edges.second], axis=1).ravel()), dtype=object)
    return edges.graph(user_ids, "error")[0], user_ids


def write_graph(graph: Data, user_ids: npt.NDArray[np.object_], path: str | Path, *, overwrite: bool = False) -> Path:
    """Writes a graph over users as a file that :func:`read_follow_graph` and :func:`read_graph` read.

    Facts about the network as a whole are written, too: in GraphML as attributes of the graph, in lists as a comment
    line such as ``# graphcascade: delays=exponential time_unit=s horizon=86400.0``.

    Args:
        graph: ``edge_index``, and maybe ``edge_weight`` and, with weights, ``support``: in how many cascades each edge
            could have transmitted, int64. Maybe also facts: ``delays`` (family of delays that the weights are
            parameters of, see :func:`~graphcascade.simulate.simulate_cascades`) or ``weight_is`` (what else they are),
            ``time_unit``, ``horizon``, and ``min_delay`` of power-law delays.
        user_ids: Ids of its users, ``[num_nodes]``.
        path: File to write: ".graphml", which has the users without links, too; ".csv", which begins with the names of
            its columns, source, target, weight and support; or a list of links with blanks between.
        overwrite: Whether to replace a file that exists.

    Raises:
        UsageError: The kind of file cannot hold a user's id.
        StorageError: The file exists already; the folder cannot be written to; the disk is full.
    """
    path = Path(path)
    check_graph_file(path, user_ids)
    if path.suffix.lower() == ".graphml":
        with atomic_path(path, overwrite=overwrite) as temporary:
            nx.write_graphml(nx.relabel_nodes(to_networkx(graph), dict(enumerate(user_ids))), temporary)
        return path
    edge_index = torch.empty(2, 0, dtype=torch.long) if graph.edge_index is None else graph.edge_index
    columns = [user_ids[edge_index[0].numpy()], user_ids[edge_index[1].numpy()]]
    if graph.edge_weight is not None:
        columns.append(graph.edge_weight.double().numpy().astype(str))
        if graph.get("support") is not None:
            columns.append(graph["support"].numpy().astype(str))
    facts = facts_of(graph)
    with atomic_path(path, overwrite=overwrite) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        rows = zip(*columns, strict=True)
        if facts:
            file.write(facts_to_line(facts) + "\n")
        if path.suffix.lower() == ".csv":
            table = csv.writer(file, lineterminator="\n")
            table.writerow(HEADER[: len(columns)])
            table.writerows(rows)
        else:
            if len(columns) == len(HEADER):
                file.write(" ".join(["#", *HEADER]) + "\n")
            file.writelines(" ".join(row) + "\n" for row in rows)
    return path


def check_graph_file(path: str | Path, user_ids: npt.NDArray[np.object_]) -> None:
    """Whether :func:`write_graph` can write a graph over these users to such a file.

    Raises:
        UsageError: It cannot hold a user's id.
    """
    ending = Path(path).suffix.lower()
    if ending == ".graphml":
        return
    wrong, what = (
        (r"^#|[\r\n]|^\s|\s$", "blanks around it, or #")
        if ending == ".csv"
        else (r"[,\s\"]|^#", "a comma, a blank, a quote or #")
    )
    broken = next((user for user in user_ids if re.search(wrong, user)), None)
    if broken is not None:
        other = ".graphml" if ending == ".csv" else ".csv or .graphml"
        raise UsageError(
            f"{path}: such a list cannot hold the user id {broken!r}, which has {what}; write a {other} file."
        )


def _edges(source: str | Path | nx.Graph | pd.DataFrame) -> Edges:  # type: ignore[type-arg]
    if isinstance(source, nx.Graph):
        return _of_networkx(source)
    if isinstance(source, pd.DataFrame):
        return _of_frame(source)
    if name_ending(source) == ".graphml":
        return _of_graphml(source)
    return _of_file(source)


def _of_graphml(path: str | Path) -> Edges:
    path = require_file(path)
    try:
        graph = nx.read_graphml(path)
    except (nx.NetworkXError, SyntaxError, ValueError, KeyError, OSError) as error:
        raise DataError(f"{path}: not GraphML ({' '.join(str(error).split())}).") from error
    return _of_networkx(nx.DiGraph(graph) if graph.is_multigraph() else graph, str(path))


def _fields(line: str) -> list[str]:
    if '"' in line:
        fields = next(csv.reader([line], skipinitialspace=True))
    elif "," in line or "\t" in line:
        fields = line.split("," if "," in line else "\t")
    else:
        fields = split_blanks(line)
    return [field.strip(BLANKS) for field in fields]


def _of_file(path: str | Path) -> Edges:
    rows: list[list[str]] = []
    lines: list[int] = []
    facts: dict[str, str | float] = {}
    most = 3  # fields of a line; a fourth one is a support only where the file says so
    for number, line in numbered_lines(path, "edge"):
        if line.startswith("#"):
            facts |= line_to_facts(line, f"{path}, line {number}")
            most = 4 if _fields(line[1:]) == HEADER else most
            continue
        fields = _fields(line)
        if not rows and Path(path).suffix.lower() == ".csv" and fields == HEADER[: len(fields)]:
            most = max(most, len(fields))
            continue
        if not 2 <= len(fields) <= most or (rows and len(fields) != len(rows[0])):
            raise DataError(
                f"{path}, line {number}: {shorten(line)!r} has {len(fields)} field{'s'[: len(fields) != 1]}; an edge "
                "has two ids, and a weight on every line or on none."
            )
        if not all(fields[:2]):
            raise DataError(f"{path}, line {number}: {shorten(line)!r} has an empty user id.")
        if len(fields) >= 3 and number_of(fields[2]) is None:
            hint = "" if rows else "; if this is a header, begin it with #"
            raise DataError(f"{path}, line {number}: the weight {fields[2]!r} is not a number{hint}.")
        if len(fields) == 4 and _count(fields[3]) is None:
            raise DataError(f"{path}, line {number}: the support {fields[3]!r} is not a whole number of 0 or more.")
        rows.append(fields)
        lines.append(number)
    if not rows:
        raise DataError(f"{path}: empty, there is no edge in it.")
    table = np.array(rows, dtype=object)
    weight = table[:, 2].astype(np.float64) if table.shape[1] >= 3 else None
    support = table[:, 3].astype(np.int64) if table.shape[1] == 4 else None
    return Edges(table[:, 0], table[:, 1], weight, lambda edge: f"{path}, line {lines[edge]}", support, facts)


def _count(value: object) -> int | None:
    """A field as a whole number of 0 or more, ``None`` if it is none."""
    number = number_of(value)
    return int(number) if number is not None and 0 <= number < 2**53 and number == int(number) else None


def _of_networkx(graph: nx.Graph, where: str = "the networkx graph") -> Edges:  # type: ignore[type-arg]
    if graph.number_of_edges() == 0:
        raise DataError(f"{where}: empty, there is no edge in it.")
    directed = graph if graph.is_directed() else graph.to_directed()
    table = np.array([(str(i), str(k)) for i, k in directed.edges()], dtype=object)
    facts = read_facts(graph.graph, where)
    given: list[Any] = [attributes.get("weight") for _, _, attributes in directed.edges(data=True)]
    if all(value is None for value in given):
        return Edges(table[:, 0], table[:, 1], None, where, facts=facts)
    weights = [number_of(value) for value in given]
    if None in weights:
        edge = weights.index(None)
        raise DataError(
            f"{where}: the edge {tuple(table[edge])} has the weight {given[edge]!r}; give every edge a number, or none."
        )
    counts = [_count(attributes.get("support")) for _, _, attributes in directed.edges(data=True)]
    support = None if None in counts else np.array(counts, dtype=np.int64)
    return Edges(table[:, 0], table[:, 1], np.array(weights, dtype=np.float64), where, support, facts)


def _of_frame(frame: pd.DataFrame) -> Edges:
    name = "the DataFrame of edges"
    if frame.shape[1] not in (2, 3):
        found = ", ".join(repr(str(column)) for column in frame.columns)
        raise DataError(f"{name}: needs two columns of ids, and maybe one of weights; found {found}.")
    if frame.empty:
        raise DataError(f"{name}: empty, there is no edge in it.")

    def where(row: int) -> str:
        return f"{name}, row {row + 1}"

    first, second = (ids_of(frame.iloc[:, column], where, "user") for column in (0, 1))
    if frame.shape[1] == 2:
        return Edges(first, second, None, where)
    weights = [number_of(value) for value in frame.iloc[:, 2]]
    if None in weights:
        row = weights.index(None)
        raise DataError(f"{where(row)}: the weight {frame.iloc[row, 2]!r} is not a number.")
    return Edges(first, second, np.array(weights, dtype=np.float64), where)
