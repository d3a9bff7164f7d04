from __future__ import annotations

import copy

from torch_geometric.data import Data

from graphcascade.data.time_units import SECONDS
from graphcascade.errors import UsageError
from graphcascade.simulate.delays import DELAYS, Delays

__all__ = ["with_time_unit"]


def with_time_unit(graph: Data, unit: str, delays: Delays | None = None) -> Data:
    """Converts the rates, horizon and shortest delay of a network to another unit of time.

    Args:
        graph: ``edge_index`` and ``edge_weight``, and optionally ``delays``, ``time_unit``, ``horizon`` and
            ``min_delay``. Without a ``time_unit``, the values are assumed to be in the new unit already.
        unit: The new unit: "ns", "us", "ms", "s", "min", "h" or "d".
        delays: Family of the delays that the weights are parameters of; by default the one of the graph, or else
            exponential.

    Returns:
        A new graph.

    Raises:
        UsageError: The unit is unknown.
    """
    if unit not in SECONDS:
        raise UsageError(argument="time_unit", value=unit, reason=f"use one of {', '.join(SECONDS)}")
    result = copy.copy(graph)
    old = graph.get("time_unit")
    result.time_unit = unit
    if old is None or old == unit:
        return result
    factor = SECONDS[old] / SECONDS[unit]
    result.edge_weight = DELAYS[delays or graph.get("delays") or "exponential"].rescale(
        graph["edge_weight"].double(), factor
    )
    for name in ("horizon", "min_delay"):
        if graph.get(name) is not None:
            result[name] = graph[name] * factor
    return result
