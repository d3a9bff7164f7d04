from __future__ import annotations

import numpy as np
import numpy.typing as npt
from torch_geometric.data import Data

from graphcascade.errors import UsageError

__all__ = ["describe_chance"]


def describe_chance(graph: Data, user_ids: npt.NDArray[np.object_]) -> str:
    """Says in sentences how many links of an inferred network are better than chance.

    If there is none, they say how rare the support of the strongest link is by itself, and how many pairs of users are
    expected to have so rare a support.

    Args:
        graph: A network with at least one link, and their evidence from :func:`link_evidence`.
        user_ids: Ids of its users, ``[num_nodes]``.

    Raises:
        UsageError: The graph has no link, or no evidence.
    """
    if "chance_probability" not in graph or graph.num_edges == 0:
        raise UsageError(argument="graph", reason="has no links with evidence; call link_evidence() first")
    links, beyond, pairs = graph.num_edges, int(graph["beyond_chance"].sum()), int(graph["num_pairs"])
    if beyond:
        return (
            f"{beyond:,} of {links:,} inferred links are better than chance (about 5 % of these are false "
            "discoveries): their users occur together in this order in more cascades than expected if users were "
            "shuffled among the cascades."
        )
    rarest = int(graph["chance_probability"].argmin())
    source, target = (user_ids[end] for end in graph["edge_index"][:, rarest].tolist())
    support, mean = int(graph["support"][rarest]), float(graph["by_chance"][rarest])
    probability = float(graph["chance_probability"][rarest])
    return (
        f"None of the {links:,} inferred links is better than chance if it is considered that all {pairs:,} pairs of "
        "users are compared, so do not rely on single links. The support that is least likely by chance is that of the "
        f"link from {source} to {target}: {target} comes after {source} in {support:,} cascade{'s'[: support != 1]}, "
        f"where {mean:.2g} {'is' if f'{mean:.2g}' == '1' else 'are'} expected if users were shuffled among the "
        f"cascades. For this pair alone, the probability of so many is {probability:.2g}; but so many pairs are "
        f"compared that, by chance, up to {probability * pairs:,.2g} such pairs are expected."
    )
