from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    from torch_geometric.data import Data

__all__ = ["describe_chance", "strongest_links"]

NUM_SHOWN = 10  # links in the table


def strongest_links(graph: Data, user_ids: npt.NDArray[np.object_]) -> pd.DataFrame:
    """Makes a table of the links with the most expected transmissions.

    Args:
        graph: A network with the evidence of each link.
        user_ids: Ids of its users.
    """
    import pandas as pd

    order = graph["transmissions"].argsort(descending=True, stable=True)[:NUM_SHOWN]
    first, second = graph["edge_index"][:, order].numpy()
    columns: dict[str, Any] = {"who": user_ids[first], "infects": user_ids[second]}
    if graph.get("weight_is") != "count":
        columns["weight"] = graph["edge_weight"][order].tolist()
    columns["transmissions"] = [f"{value:,.1f}" for value in graph["transmissions"][order].tolist()]
    columns["support"] = graph["support"][order].tolist()
    columns["by chance"] = [f"{value:,.1f}" for value in graph["by_chance"][order].tolist()]
    return pd.DataFrame(columns)


def describe_chance(beyond: int, links: int) -> str:
    """Says how many links are better than chance."""
    from graphcascade.cli.output import counted

    if beyond == 0:
        return (
            "No link is better than chance: if the users were shuffled among the cascades, pairs would follow each "
            "other about as often. Do not rely on single links."
        )
    return (
        f"Better than chance: {beyond:,} of {counted(links, 'link')}. For these links, the target appears "
        "after the source in more cascades than expected if users were shuffled among the cascades (about 5 % of "
        "these links are false discoveries)."
    )
