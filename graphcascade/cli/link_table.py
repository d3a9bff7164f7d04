from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphcascade.number_text import format_number

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    from torch_geometric.data import Data

__all__ = ["describe_weights", "strongest_links"]

NUM_SHOWN = 10  # links in the table
INTERVAL = ("weight_lower", "weight_upper")
WEIGHTS = {"exponential": "rate per {}", "rayleigh": "weight per {}²"}
"""What weights are that have a unit, by the delays."""
LEAST_WEIGHT = 0.01
"""Weights are shown in the smallest unit in which half of them are at least this large, or per day."""


def strongest_links(graph: Data, user_ids: npt.NDArray[np.object_]) -> pd.DataFrame:
    """Makes a table of the first links of a network.

    Args:
        graph: A network with the evidence of each link, in its order.
        user_ids: Ids of its users.
    """
    import pandas as pd

    from graphcascade.data.link_columns import LINK_COLUMNS

    first, second = graph["edge_index"][:, :NUM_SHOWN].numpy()
    columns: dict[str, Any] = {"who": user_ids[first], "infects": user_ids[second]}
    shown = {
        name: graph[name][:NUM_SHOWN].tolist() for name in ("edge_weight", "by_chance", *LINK_COLUMNS) if name in graph
    }
    name, scale = _readable_weights(graph)
    if graph.get("weight_is") != "count":
        columns[name] = [f"{scale * value:.3g}" for value in shown["edge_weight"]]
    if "weight_lower" in graph:
        ends = ((scale * lower, scale * upper) for lower, upper in zip(*map(shown.get, INTERVAL), strict=True))
        columns["95 % interval"] = [f"{lower:.2g} to {upper:.2g}" for lower, upper in ends]
    columns["transmissions"] = [f"{value:,.1f}" for value in shown["transmissions"]]
    columns["support"] = shown["support"]
    columns["by chance"] = [f"{value:,.1f}" for value in shown["by_chance"]]
    columns["gain"] = [format_number(value, ",.1f") for value in shown["gain"]]
    return pd.DataFrame(columns)


def describe_weights(graph: Data) -> str:
    """Says what the table does not say of the weights: what they are without a unit, or their unit in files."""
    if graph.get("delays") == "discrete":
        return "weights are probabilities"
    _, scale = _readable_weights(graph)
    return "" if scale == 1 else f"in files: {WEIGHTS[graph['delays']].format(graph['time_unit'])}"


def _readable_weights(graph: Data) -> tuple[str, float]:
    """Returns the name of the column of weights, with a unit in which they are not tiny, and the factor to it."""
    from graphcascade.data.time_units import SECONDS
    from graphcascade.simulate.delays import DELAYS

    words, unit = WEIGHTS.get(graph.get("delays", "")), graph.get("time_unit")
    if words is None or unit is None:
        return "weight", 1.0
    weight = graph["edge_weight"][:NUM_SHOWN].double()
    for larger in (name for name in SECONDS if SECONDS[name] >= SECONDS[unit]):
        scaled = DELAYS[graph["delays"]].rescale(weight, SECONDS[unit] / SECONDS[larger])
        if float(scaled.median()) >= LEAST_WEIGHT:
            break
    one = DELAYS[graph["delays"]].rescale(weight.new_ones(1), SECONDS[unit] / SECONDS[larger])
    return words.format(larger), float(one)
