from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import networkx as nx
import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch_geometric.data import Data

from graphcascade.data import user_graph
from graphcascade.data.link_columns import LINK_COLUMNS
from graphcascade.errors import DataError, shorten
from graphcascade.io.ids import code_ids
from graphcascade.io.network_facts import graph_facts, read_facts
from graphcascade.io.times import to_number

__all__ = ["NamedEdges", "required", "to_evidence"]

Ids = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class NamedEdges:
    """Edges between users given by their ids, as read from a file, a table or another graph.

    Args:
        first: Id of the first user of each edge, ``[M]``.
        second: Id of the second user, ``[M]``.
        weight: Weight of each edge, ``[M]``, or ``None``.
        where: Name of the origin in messages, or a function that returns the place of the edge at a position.
        evidence: Columns of evidence by name, each ``[M]``; see :func:`~graphcascade.io.write_graph`.
        facts: Facts about the network; see :func:`~graphcascade.io.write_graph`.
        users: Ids of all users, including those without an edge, if the origin lists them.
        sources: Number of cascades that users began, by their ids, if it is known.
    """

    first: Ids
    second: Ids
    weight: npt.NDArray[np.float64] | None
    where: str | Callable[[int], str]
    evidence: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    facts: dict[str, str | float] = field(default_factory=dict)
    users: Ids | None = None
    sources: dict[str, int] = field(default_factory=dict)

    @classmethod
    def from_networkx(cls, graph: nx.Graph, where: str = "the networkx graph") -> NamedEdges:  # type: ignore[type-arg]
        """Takes the edges of a networkx graph, those of an undirected graph in both directions.

        Args:
            graph: The graph. Its edges may have a ``weight`` and, with it, the columns of evidence.
            where: Its name in messages.

        Raises:
            DataError: There is no edge; a user has no id; some edges have a weight and others do not.
        """
        if graph.number_of_edges() == 0:
            raise DataError(f"{where}: empty; it contains no edge.")
        directed = graph if graph.is_directed() else graph.to_directed()
        table = np.array([(str(i), str(k)) for i, k in directed.edges()], dtype=object)
        users = np.array([str(user) for user in directed.nodes()], dtype=object)
        if (users == "").any():
            raise DataError(f"{where}: a user has an empty id.")
        facts = read_facts(graph.graph, where)
        default = graph.graph.get("edge_default", {}).get("weight")  # set by a GraphML file
        given: list[Any] = [attributes.get("weight", default) for _, _, attributes in directed.edges(data=True)]
        if all(value is None for value in given):
            return cls(table[:, 0], table[:, 1], None, where, facts=facts, users=users)
        weights = [to_number(value) for value in given]
        if None in weights:
            edge = weights.index(None)
            raise DataError(
                f"{where}: the edge {shorten(repr(tuple(table[edge])))} has the weight {shorten(repr(given[edge]))}; "
                "give all edges numbers, or none of them."
            )
        evidence = {}
        for name in LINK_COLUMNS:
            column = [to_evidence(name, attributes.get(name)) for _, _, attributes in directed.edges(data=True)]
            if None not in column:
                evidence[name] = np.array(column)
        weight, sources = np.array(weights, dtype=np.float64), {}
        for user, value in directed.nodes(data="source_count"):
            count = to_evidence("support", value)
            if count:
                sources[str(user)] = int(count)
        return cls(table[:, 0], table[:, 1], weight, where, evidence, facts, users, sources)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> NamedEdges:
        """Takes the edges of a table with two columns of ids and an optional column of weights.

        Raises:
            DataError: The number of columns is wrong; there is no row; an id is missing; a weight is not a number.
        """
        name = "the DataFrame of edges"
        if frame.shape[1] not in (2, 3):
            found = ", ".join(repr(str(column)) for column in frame.columns)
            raise DataError(f"{name}: needs two columns of ids and optionally one of weights; found {found}.")
        if frame.empty:
            raise DataError(f"{name}: empty; it contains no edge.")

        def where(row: int) -> str:
            return f"{name}, row {row + 1}"

        ends = pd.concat([frame.iloc[:, 0].astype(object), frame.iloc[:, 1].astype(object)])
        first, second = np.split(code_ids(ends, lambda end: where(end % len(frame)), "user").to_array(), 2)
        if frame.shape[1] == 2:
            return cls(first, second, None, where)
        weights = [to_number(value) for value in frame.iloc[:, 2]]
        if None in weights:
            row = weights.index(None)
            raise DataError(f"{where(row)}: the weight {shorten(repr(frame.iloc[row, 2]))} is not a number.")
        return cls(first, second, np.array(weights, dtype=np.float64), where)

    @classmethod
    def from_data(cls, graph: Data, user_ids: Ids, where: str = "the Data of edges") -> NamedEdges:
        """Takes the edges of a PyTorch Geometric graph over the same users.

        Args:
            graph: ``edge_index``, and optionally ``edge_weight`` and, with it, the columns of evidence.
            user_ids: Ids of its users, ``[num_nodes]``.
            where: Its name in messages.

        Raises:
            DataError: There is no edge; the number of users is wrong; an edge has a user who does not exist; the number
                of weights is not the number of edges; a value of the evidence is not a finite number, or a support is
                not a whole number.
        """
        edge_index = graph.edge_index
        if edge_index is None or edge_index.numel() == 0:
            raise DataError(f"{where}: empty; it contains no edge (edge_index).")
        if graph.num_nodes != len(user_ids):
            raise DataError(
                f"{where}: has num_nodes={graph.num_nodes}, but there are {len(user_ids):,} users; user i of the graph "
                "must be user i of the dataset."
            )
        if edge_index.min() < 0 or edge_index.max() >= len(user_ids):
            raise DataError(f"{where}: edge_index has users outside of 0 to {len(user_ids) - 1}.")
        arrays: dict[str, npt.NDArray[Any]] = {}
        for name in ("edge_weight", *LINK_COLUMNS):
            values = graph.get(name)
            if values is None:
                continue
            if values.shape != edge_index.shape[1:]:
                raise DataError(
                    f"{where}: {name} has the shape {list(values.shape)}; it must be [{edge_index.size(1)}], one value "
                    "an edge."
                )
            arrays[name] = values.detach().cpu().numpy()
        weight = arrays.pop("edge_weight", None)
        first, second = user_ids[edge_index.cpu().numpy()]
        evidence: dict[str, npt.NDArray[Any]] = {}
        for name, column in arrays.items():
            read = [to_evidence(name, value) for value in column.tolist()]
            if None in read:
                wrong = column.tolist()[read.index(None)]
                raise DataError(f"{where}: the {name} of an edge is {wrong}; it must be {required(name)}.")
            evidence[name] = np.array(read)
        if weight is None:
            return cls(first, second, None, where, facts=graph_facts(graph), users=user_ids)
        sources = graph.get("source_count")
        counts = {} if sources is None else dict(zip(user_ids.tolist(), sources.tolist(), strict=True))
        counts = {user: count for user, count in counts.items() if count}
        return cls(first, second, weight.astype(np.float64), where, evidence, graph_facts(graph), user_ids, counts)

    def graph(self, user_ids: Ids, unknown: Literal["error", "drop"], reverse: bool = False) -> tuple[Data, int]:
        """Returns the graph of the edges between these users, and the number of edges dropped."""
        ends = (self.second, self.first) if reverse else (self.first, self.second)
        graph, dropped = user_graph(*ends, user_ids, self.weight, unknown, self.where, self.evidence)
        for name, value in self.facts.items():
            graph[name] = value
        if self.sources:
            graph.source_count = torch.tensor([self.sources.get(user, 0) for user in user_ids])
        return graph, dropped

    def user_ids(self) -> Ids:
        """Returns the ids of all users, in the order of the origin."""
        ends = np.stack([self.first, self.second], axis=1).ravel()
        listed = ends if self.users is None else np.concatenate([self.users, ends])
        return np.asarray(pd.unique(listed), dtype=object)


def to_evidence(name: str, value: object) -> int | float | None:
    """Returns a value of a column of evidence as a number, or ``None`` if it is not valid; see :func:`required`."""
    number = to_number(value)
    if name != "support":
        return number if number is not None and math.isfinite(number) else None
    return int(number) if number is not None and 0 <= number < 2**53 and number == int(number) else None


def required(name: str) -> str:
    """Says what the values of a column of evidence must be."""
    return "a whole number of 0 or more" if name == "support" else "a finite number"
