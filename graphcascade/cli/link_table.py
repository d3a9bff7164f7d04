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
UNITS = {"exponential": "rates per {}", "rayleigh": "weights per {}²", "discrete": "weights are probabilities"}
"""What weights are, by the delays."""


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
    if graph.get("weight_is") != "count":
        columns["weight"] = [f"{value:.3g}" for value in shown["edge_weight"]]
    if "weight_lower" in graph:
        ends = zip(shown["weight_lower"], shown["weight_upper"], strict=True)
        columns["95 % interval"] = [f"{lower:.2g} to {upper:.2g}" for lower, upper in ends]
    columns["transmissions"] = [f"{value:,.1f}" for value in shown["transmissions"]]
    columns["support"] = shown["support"]
    columns["by chance"] = [f"{value:,.1f}" for value in shown["by_chance"]]
    columns["gain"] = [format_number(value, ",.1f") for value in shown["gain"]]
    return pd.DataFrame(columns)


def describe_weights(graph: Data) -> str:
    """Says what the weights are, with their unit if it is known; empty if there is nothing to say."""
    words, unit = UNITS.get(graph.get("delays", ""), ""), graph.get("time_unit")
    return "" if "{}" in words and unit is None else words.format(unit)
