from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

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
from graphcascade.io.lines import name_ending, numbered_lines, require_file, shorten
from graphcascade.io.networkx_graphs import to_networkx

__all__ = ["check_graph_file", "read_follow_graph", "read_graph", "write_graph"]

Ids = npt.NDArray[np.object_]
Edges = tuple[Ids, Ids, "npt.NDArray[np.float64] | None", "str | Callable[[int], str]"]
HEADER = ["source", "target", "weight"]  # of .csv files


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
            whose first two columns are the ids and whose third, if any, is the weight.
        user_ids: Ids of the users, ``[U]``.
        direction: What the two ids of an edge are.
        unknown: Whether an edge with a user who is not among ``user_ids`` is an error, or dropped and counted.

    Returns:
        ``Data(edge_index, num_nodes=U)`` with edges from followee to follower, and the number of edges dropped.

    Raises:
        MissingFileError: There is no such file.
        DataError: A line of another form; an unknown user; no edge.
        UsageError: An unknown direction.
    """
    if direction not in ("followee-follower", "follower-followee"):
        raise UsageError(f"direction={direction!r}: use 'followee-follower' or 'follower-followee'.")
    first, second, weight, where = _edges(source)
    if direction == "follower-followee":
        first, second = second, first
    return user_graph(first, second, user_ids, weight, unknown, where)


def read_graph(source: str | Path | nx.Graph | pd.DataFrame) -> tuple[Data, npt.NDArray[np.object_]]:  # type: ignore[type-arg]
    """A network of its own, such as one to simulate on; its users have numbers of their own, too.

    To compare with what was inferred from a dataset, :func:`read_follow_graph` reads it over the dataset's users.

    Args:
        source: As of :func:`read_follow_graph`; edges run the way information flows.

    Returns:
        ``Data(edge_index, num_nodes)``, with ``edge_weight`` where the source has weights, and the users' ids in the
        order in which they appear.

    Raises:
        MissingFileError: There is no such file.
        DataError: A line of another form; a weight that is not finite or is negative; no edge.
    """
    first, second, weight, where = _edges(source)
    user_ids = np.asarray(pd.unique(np.stack([first, second], axis=1).ravel()), dtype=object)
    return user_graph(first, second, user_ids, weight, "error", where)[0], user_ids


def write_graph(graph: Data, user_ids: npt.NDArray[np.object_], path: str | Path) -> Path:
    """Writes a graph over users as a file that :func:`read_follow_graph` and :func:`read_graph` read.

    Args:
        graph: ``edge_index``, and maybe ``edge_weight``.
        user_ids: Ids of its users, ``[num_nodes]``.
        path: File to write: ".graphml", which has the users without links, too; ".csv", which begins with the names of
            its columns, source, target and weight; or a list of links with blanks between.

    Raises:
        UsageError: The kind of file cannot hold a user's id.
        StorageError: The folder cannot be written to, or the disk is full.
    """
    path = Path(path)
    check_graph_file(path, user_ids)
    if path.suffix.lower() == ".graphml":
        with atomic_path(path) as temporary:
            nx.write_graphml(nx.relabel_nodes(to_networkx(graph), dict(enumerate(user_ids))), temporary)
        return path
    edge_index = torch.empty(2, 0, dtype=torch.long) if graph.edge_index is None else graph.edge_index
    columns = [user_ids[edge_index[0].numpy()], user_ids[edge_index[1].numpy()]]
    if graph.edge_weight is not None:
        columns.append(graph.edge_weight.double().numpy().astype(str))
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        rows = zip(*columns, strict=True)
        if path.suffix.lower() == ".csv":
            table = csv.writer(file, lineterminator="\n")
            table.writerow(HEADER[: len(columns)])
            table.writerows(rows)
        else:
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
        return [field.strip() for field in next(csv.reader([line], skipinitialspace=True))]
    return [field.strip() for field in line.split("," if "," in line else "\t" if "\t" in line else None)]


def _of_file(path: str | Path) -> Edges:
    rows: list[list[str]] = []
    lines: list[int] = []
    for number, line in numbered_lines(path, "edge"):
        if line.startswith("#"):
            continue
        fields = _fields(line)
        if not rows and Path(path).suffix.lower() == ".csv" and fields == HEADER[: len(fields)]:
            continue
        if len(fields) not in (2, 3) or (rows and len(fields) != len(rows[0])):
            raise DataError(
                f"{path}, line {number}: {shorten(line)!r} has {len(fields)} field{'s'[: len(fields) != 1]}; an edge "
                "has two ids, and a weight on every line or on none."
            )
        if not all(fields[:2]):
            raise DataError(f"{path}, line {number}: {shorten(line)!r} has an empty user id.")
        if len(fields) == 3 and number_of(fields[2]) is None:
            hint = "" if rows else "; if this is a header, begin it with #"
            raise DataError(f"{path}, line {number}: the weight {fields[2]!r} is not a number{hint}.")
        rows.append(fields)
        lines.append(number)
    if not rows:
        raise DataError(f"{path}: empty, there is no edge in it.")
    table = np.array(rows, dtype=object)
    weight = table[:, 2].astype(np.float64) if table.shape[1] == 3 else None
    return table[:, 0], table[:, 1], weight, lambda edge: f"{path}, line {lines[edge]}"


def _of_networkx(graph: nx.Graph, where: str = "the networkx graph") -> Edges:  # type: ignore[type-arg]
    if graph.number_of_edges() == 0:
        raise DataError(f"{where}: empty, there is no edge in it.")
    directed = graph if graph.is_directed() else graph.to_directed()
    table = np.array([(str(i), str(k)) for i, k in directed.edges()], dtype=object)
    given: list[Any] = [attributes.get("weight") for _, _, attributes in directed.edges(data=True)]
    if all(value is None for value in given):
        return table[:, 0], table[:, 1], None, where
    weights = [number_of(value) for value in given]
    if None in weights:
        edge = weights.index(None)
        raise DataError(
            f"{where}: the edge {tuple(table[edge])} has the weight {given[edge]!r}; give every edge a number, or none."
        )
    return table[:, 0], table[:, 1], np.array(weights, dtype=np.float64), where


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
        return first, second, None, where
    weights = [number_of(value) for value in frame.iloc[:, 2]]
    if None in weights:
        row = weights.index(None)
        raise DataError(f"{where(row)}: the weight {frame.iloc[row, 2]!r} is not a number.")
    return first, second, np.array(weights, dtype=np.float64), where
