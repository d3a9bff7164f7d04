"""Graphs over the users of a dataset."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch_geometric.data import Data

from graphcascade.errors import DataError, shorten
from graphcascade.plurals import counted

__all__ = ["user_graph"]

logger = logging.getLogger(__name__)

Unknown = Literal["error", "drop"]


def user_graph(
    source: npt.NDArray[np.object_],
    target: npt.NDArray[np.object_],
    user_ids: npt.NDArray[np.object_],
    weight: npt.NDArray[np.float64] | None = None,
    unknown: Unknown = "error",
    where: str | Callable[[int], str] = "the edge list",
    evidence: Mapping[str, npt.NDArray[Any]] | None = None,
) -> tuple[Data, int]:
    """Builds a graph over the users of a dataset from pairs of ids.

    Args:
        source: Id of the user at which each edge starts, ``[M]`` strings; the followee in a follow graph.
        target: Id of the user at which it ends, ``[M]`` strings; the follower in a follow graph.
        user_ids: Ids of the dataset's users, ``[U]``.
        weight: Weight of each edge, ``[M]``, finite and not negative.
        unknown: What to do about an edge with a user who is not in ``user_ids``: ``"error"``, or ``"drop"`` it.
        where: Name of the edges' origin in messages, or a function that returns the place of the edge at a position.
        evidence: Columns of evidence by name, each ``[M]``; see :func:`~graphcascade.io.write_graph`.

    Returns:
        ``Data(edge_index [2, M'], edge_weight [M'] float64, num_nodes U)`` with the columns of evidence, sorted,
        duplicates and loops removed and logged (the first weight and evidence of duplicates are kept); and the number
        of edges dropped because of an unknown user.

    Raises:
        DataError: A user is unknown and ``unknown`` is ``"error"``; a weight is negative or not finite.
    """

    def place(edge: int) -> str:
        return f"{where(edge)}: the edge" if callable(where) else f"{where}: edge {edge + 1}"

    index: pd.Index[Any] = pd.Index(user_ids)
    ends = np.stack([index.get_indexer(pd.Index(end)) for end in (source, target)]).astype(np.int64)
    outside: npt.NDArray[np.bool_] = np.any(ends < 0, axis=0)
    if unknown == "error" and outside.any():
        edge = int(np.flatnonzero(outside)[0])
        unknown_id = source[edge] if ends[0, edge] < 0 else target[edge]
        raise DataError(
            reason=f"{place(edge)} ({shorten(source[edge])!r}, {shorten(target[edge])!r}) names "
            f"{shorten(unknown_id)!r}, who is not one of the {len(index):,} known users "
            f"(such users are in {int(outside.sum()):,} of {outside.size:,} edges); "
            + ("if it is a header, begin the line with #; " if edge == 0 and (ends[:, 0] < 0).all() else "")
            + "to leave such edges out, set",
            remedy=("unknown", "drop"),
        )
    if weight is not None and not (np.isfinite(weight) & (weight >= 0)).all():
        edge = int(np.flatnonzero(~(np.isfinite(weight) & (weight >= 0)))[0])
        raise DataError(f"{place(edge)} has the weight {weight[edge]}; weights must be finite and >= 0.")
    keep = ~outside & (ends[0] != ends[1])
    key, first = np.unique(ends[0, keep] * len(index) + ends[1, keep], return_index=True)
    merged = int(keep.sum()) - len(key)
    loops = int((~outside & (ends[0] == ends[1])).sum())
    if merged or loops:
        counts = ((merged, "repeated "), (loops, ""))
        parts = [counted(count, f"{kind}link") for count, kind in counts if count]
        logger.warning(
            "%s: left out %s%s.",
            where(0).rpartition(", ")[0] if callable(where) else where,
            " and ".join(parts),
            " from a user to itself" if loops else "",
        )
    graph = Data(
        edge_index=torch.from_numpy(np.stack([key // len(index), key % len(index)])),
        num_nodes=len(index),
    )
    if weight is not None:
        graph.edge_weight = torch.from_numpy(weight[keep][first])
    for name, values in (evidence or {}).items():
        graph[name] = torch.from_numpy(values[keep][first])
    return graph, int(outside.sum())
