from __future__ import annotations

import csv
import logging
from dataclasses import replace
from pathlib import Path
from typing import Literal

import networkx as nx
import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch_geometric.data import Data

from graphcascade.data.invalid_rows import describe_invalid_rows
from graphcascade.data.link_columns import LINK_COLUMNS
from graphcascade.errors import DataError, UsageError
from graphcascade.io.atomic import atomic_path
from graphcascade.io.edge_list import HEADER, read_edge_list
from graphcascade.io.endings import NETWORKS, file_format
from graphcascade.io.gml import read_gml
from graphcascade.io.graphml import read_graphml
from graphcascade.io.invalid_rows import InvalidRows, check_on_error, settle_invalid_rows
from graphcascade.io.lines import name_ending, require_file
from graphcascade.io.link_columns import link_separator
from graphcascade.io.link_table import links_of_table
from graphcascade.io.named_edges import NamedEdges
from graphcascade.io.network_facts import CHANCE, chance_to_line, facts_to_line, facts_to_write, sources_to_line
from graphcascade.io.networkx_graphs import to_networkx
from graphcascade.io.read_table import ENDINGS as TABLE_ENDINGS
from graphcascade.io.read_table import read_columns, read_table, row_name
from graphcascade.io.written_ids import check_written_ids
from graphcascade.options import TableReadOptions
from graphcascade.options.follow_graph_options import FollowDirection
from graphcascade.options.table_read_options import OnError

__all__ = ["check_graph_file", "read_follow_graph", "read_graph", "write_graph"]

logger = logging.getLogger(__name__)
DEFAULTS = TableReadOptions()
Ids = npt.NDArray[np.object_]
LIST_RULES = (
    "such a list",
    r"[, \t\r\n\"]|\A[#\ufeff]",
    "a comma, a blank, a quote or #",
    "; write a .csv or .graphml file",
)
ID_RULES = {
    ".csv": (
        "such a list",
        r"[\r\n]|\A#|\A[ \t]|[ \t]\Z",
        "blanks around it, a line end, or #",
        "; write a .graphml file",
    ),
    ".gml": ("GML", r"\A\Z", "no characters", ""),
    ".graphml": ("GraphML", r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "a control character", ""),
}
"""By file ending: the format's name, a pattern of forbidden text in ids, its name, and a hint for the error."""
Source = str | Path | nx.Graph | pd.DataFrame | Data  # type: ignore[type-arg]


def read_follow_graph(
    source: str | Path | nx.Graph | pd.DataFrame | Data,  # type: ignore[type-arg]
    user_ids: npt.NDArray[np.object_],
    direction: FollowDirection | None = None,
    unknown: Literal["error", "drop"] = "error",
    *,
    source_column: str | None = None,
    target_column: str | None = None,
    sep: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    on_error: OnError = "stop",
    errors_out: str | Path | None = None,
) -> tuple[Data, int]:
    """Reads a follow graph over the users of a dataset.

    Args:
        source: An edge list (two ids and an optional weight a line, separated by commas, else tabs, blanks, semicolons
            or bars; ids with commas are quoted; lines that begin with "#" are comments, and a .csv may begin with
            "source,target,weight"), a table with names of columns (CSV, TSV, JSONL, Parquet or Excel), a network file
            of SNAP (a table of users, ``id,name``, a blank line, then links ``id,id``), a .graphml or .gml file, a
            networkx graph (edges of an undirected graph are read in both directions), a DataFrame whose first two
            columns are the ids and whose third, if any, is the weight, or a ``Data`` over the same users, such as
            another dataset's follow graph. A file that :func:`write_graph` wrote may also hold the evidence of each
            edge and facts about the network.
        user_ids: Ids of the users, ``[U]``.
        direction: Order of the two ids of an edge. By default, names of columns such as "follower" and "followee", or
            "user" and "friend", say who follows whom; otherwise the followee, whom information comes from, is first.
        unknown: What to do with an edge whose user is not in ``user_ids``: raise an error, or drop and count it.
        source_column: Column of the first id of a table, if its name is not a usual one; also give ``target_column``.
        target_column: Column of the second id.
        sep, encoding, sheet, on_error, errors_out: See :func:`read_cascades`; rows that are left out are logged.

    Returns:
        ``Data(edge_index, num_nodes=U)`` with edges from followee to follower, and the number of edges dropped. The
        graph also has the ``edge_weight``, evidence and facts of the source, if any; see :func:`write_graph`.

    Raises:
        MissingFileError: There is no such file.
        DataError: A line has another form; a user is unknown; there is no edge; a ``Data`` has another number of users.
        UsageError: The direction is unknown; the source has another type.
    """
    if direction not in (None, "followee-follower", "follower-followee"):
        raise UsageError(argument="direction", value=direction, reason="use 'followee-follower' or 'follower-followee'")
    options = TableReadOptions(sep, encoding, sheet, None, on_error, None if errors_out is None else Path(errors_out))
    edges = _edges(source, user_ids, direction, source_column, target_column, options)
    return edges.graph(user_ids, unknown)


def read_graph(
    source: str | Path | nx.Graph | pd.DataFrame,  # type: ignore[type-arg]
    *,
    direction: FollowDirection | None = None,
    source_column: str | None = None,
    target_column: str | None = None,
    sep: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    on_error: OnError = "stop",
    errors_out: str | Path | None = None,
) -> tuple[Data, npt.NDArray[np.object_]]:
    """Reads a network independently of a dataset, such as one to simulate on.

    To compare a network with one that was inferred from a dataset, read it with :func:`read_follow_graph`, which uses
    the dataset's users.

    Args:
        source: See :func:`read_follow_graph`, except for ``Data``. Edges point in the direction in which information
            flows: from the first user to the second one, or as the names of the columns say.
        direction: Order of the two users of an edge, as for :func:`read_follow_graph`.
        source_column, target_column: Columns of the two users of a table, if their names are not usual ones.
        sep, encoding, sheet, on_error, errors_out: See :func:`read_cascades`.

    Returns:
        ``Data(edge_index, num_nodes)`` and the users' ids in the order in which they appear. GraphML, networkx graphs
        and SNAP's files also list users without a link. If the source has them, the graph also has
        ``edge_weight``, the evidence and the facts that :func:`write_graph` writes.

    Raises:
        MissingFileError: There is no such file.
        DataError: A line has another form; a weight is negative or not finite; there is no edge.
        UsageError: The source has another type.
    """
    options = TableReadOptions(sep, encoding, sheet, None, on_error, None if errors_out is None else Path(errors_out))
    edges = _edges(source, None, direction, source_column, target_column, options)
    user_ids = edges.user_ids()
    return edges.graph(user_ids, "error")[0], user_ids


def write_graph(graph: Data, user_ids: npt.NDArray[np.object_], path: str | Path, *, overwrite: bool = False) -> Path:
    """Writes a graph over users as a file that :func:`read_follow_graph` and :func:`read_graph` read.

    Repeated links and links from a user to itself are left out and logged, as when reading. Only GraphML holds users
    without a link; with other formats their number is logged.

    With weights, the evidence of each link is written, too, if the graph has it from
    :func:`~graphcascade.analysis.link_evidence`: ``support`` (int64), ``transmissions``, ``gain``, ``weight_lower``
    and ``weight_upper``. Lists then have the links with the largest gain first.

    With weights, ``source_count`` is written, too, the number of cascades that each user began; lists have it in a
    comment line.

    Facts about the network are written, too: in GraphML as attributes of the graph, in lists as a comment line such as
    ``# graphcascade: delays=exponential time_unit=s horizon=86400.0``. One of them is the number of links better than
    chance, ``links_better_than_chance``, if :func:`~graphcascade.analysis.link_evidence` has counted them; lists have
    it in a comment of its own.

    Args:
        graph: ``edge_index``, optionally ``edge_weight`` and the evidence. Optional facts: ``delays`` (family of delays
            that the weights are parameters of, see :func:`~graphcascade.simulate.simulate_cascades`) or ``weight_is``
            (another meaning of the weights), ``time_unit``, ``horizon``, and ``min_delay`` of power-law delays.
        user_ids: Ids of its users, ``[num_nodes]``.
        path: File to write: ".graphml" or ".gml", which also hold users without links; ".csv", which begins with the
            names of its columns, such as source, target and weight; or a list of links, separated by blanks.
        overwrite: Whether to replace a file that exists.

    Raises:
        UsageError: The format cannot hold a user's id, or a fact; two users have the same id.
        DataError: There is no link; a weight is negative or not finite; a support is not a whole number, or another
            evidence not finite; the number of users, weights or values does not fit the graph.
        StorageError: The file exists already; the folder cannot be written to; the disk is full.
    """
    path = Path(path)
    check_graph_file(path, user_ids)
    facts, evidence = facts_to_write(graph, str(path)), graph.get("beyond_chance")
    if evidence is not None:
        facts[CHANCE] = int(evidence.sum())
    edges = replace(NamedEdges.from_data(graph, user_ids, str(path)), facts=facts)
    graph, _ = edges.graph(user_ids, "error")
    edge_index = graph.edge_index
    assert edge_index is not None
    if edge_index.numel() == 0:
        raise DataError(f"{path}: empty; it contains no edge between two users.")
    if path.suffix.lower() in (".graphml", ".gml"):
        write = nx.write_graphml if path.suffix.lower() == ".graphml" else nx.write_gml
        with atomic_path(path, overwrite=overwrite) as temporary:
            write(nx.relabel_nodes(to_networkx(graph), dict(enumerate(user_ids))), temporary)
        return path
    isolated = len(user_ids) - int(edge_index.unique().numel())
    if isolated:
        logger.warning(
            "%s: %s without links %s left out; write a .graphml file to keep all users.",
            path,
            "1 user" if isolated == 1 else f"{isolated:,} users",
            "is" if isolated == 1 else "are",
        )
    columns = list(user_ids[edge_index.numpy()])
    names = [name for name in ("edge_weight", *LINK_COLUMNS) if name in graph]
    columns += [graph[name].numpy().astype(str) for name in names]
    header = [*HEADER[:2], *(name.replace("edge_", "") for name in names)]
    if "gain" in graph:
        order = torch.argsort(graph["gain"], descending=True, stable=True).numpy()
        columns = [column[order] for column in columns]
    with atomic_path(path, overwrite=overwrite) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        rows = zip(*columns, strict=True)
        if facts.keys() - {CHANCE}:
            file.write(facts_to_line(facts) + "\n")
        if edges.sources:
            file.write(sources_to_line(edges.sources) + "\n")
        if CHANCE in facts:
            file.write(chance_to_line(int(facts[CHANCE]), edge_index.size(1)) + "\n")
        if path.suffix.lower() == ".csv":
            table = csv.writer(file, lineterminator="\n")
            table.writerow(header)
            table.writerows(rows)
        else:
            if len(header) > len(HEADER):
                file.write(" ".join(["#", *header]) + "\n")
            file.writelines(" ".join(row) + "\n" for row in rows)
    return path


def check_graph_file(path: str | Path, user_ids: npt.NDArray[np.object_]) -> None:
    """Checks that :func:`write_graph` can write a graph over these users to such a file.

    Raises:
        UsageError: No network format has the ending of the file; the format cannot hold a user's id; two users have
            the same id.
    """
    file_format(path, NETWORKS)
    if len(set(user_ids)) < len(user_ids):
        raise UsageError(f"{path}: two users have the same id.")
    rules = ID_RULES.get(Path(path).suffix.lower(), LIST_RULES)
    check_written_ids(path, user_ids, "user", *rules)


def _edges(
    source: Source,
    user_ids: Ids | None = None,
    direction: FollowDirection | None = None,
    source_column: str | None = None,
    target_column: str | None = None,
    options: TableReadOptions = DEFAULTS,
) -> NamedEdges:
    """Returns the edges of a source, from followee to follower."""
    check_on_error(options.on_error)
    columns = (source_column, target_column, direction)
    if isinstance(source, pd.DataFrame):
        name = "the DataFrame of edges"
        if source_column is not None or target_column is not None or _has_known_columns(source):
            invalid = InvalidRows(name, "row")
            invalid.lines = np.arange(1, len(source) + 1)
            if source.empty:
                raise DataError(f"{name}: empty; it contains no edge.")
            return _settle(links_of_table(source, name, invalid, *columns), invalid, options)
        return _turned(NamedEdges.from_frame(source), direction)
    if isinstance(source, nx.Graph):
        return _turned(NamedEdges.from_networkx(source), direction)
    if isinstance(source, Data) and user_ids is not None:
        return _turned(NamedEdges.from_data(source, user_ids), direction)
    if not isinstance(source, str | Path):
        raise UsageError(
            f"a {type(source).__name__} cannot be read as a graph; give a file, a networkx graph, a DataFrame of two "
            f"or three columns{'' if user_ids is None else ', or a Data over the same users'}."
        )
    if name_ending(source) == ".graphml":
        return _turned(NamedEdges.from_networkx(read_graphml(source), str(source)), direction)
    if name_ending(source) == ".gml":
        return _turned(NamedEdges.from_networkx(read_gml(source), str(source)), direction)
    format = TABLE_ENDINGS.get(name_ending(source), "csv")
    invalid = InvalidRows(source, row_name(format))
    if format in ("csv", "tsv"):
        return _settle(read_edge_list(source, invalid, options, *columns), invalid, options)
    path = require_file(source)
    known = [] if format != "parquet" else read_columns(path)
    frame = read_table(path, format, known, "link", '{"followee": ..., "follower": ...}', (), invalid, options)
    return _settle(links_of_table(frame, path, invalid, *columns), invalid, options)


def _turned(edges: NamedEdges, direction: FollowDirection | None) -> NamedEdges:
    """Returns edges whose two ids are in an order, from followee to follower."""
    if direction == "follower-followee":
        return replace(edges, first=edges.second, second=edges.first)
    return edges


def _settle(edges: NamedEdges, invalid: InvalidRows, options: TableReadOptions) -> NamedEdges:
    """Reports the invalid rows that the edges were read without."""
    counts = settle_invalid_rows([invalid], options)
    for text in describe_invalid_rows(counts):
        logger.warning("%s: %s.", invalid.path, text)
    return edges


def _has_known_columns(frame: pd.DataFrame) -> bool:
    return link_separator(",".join(str(name) for name in frame.columns)) == ","
