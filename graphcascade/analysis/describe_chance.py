from __future__ import annotations

import numpy as np
import numpy.typing as npt
from torch_geometric.data import Data

from graphcascade.analysis.permutation_check import PermutationCheck
from graphcascade.errors import UsageError
from graphcascade.plurals import counted

__all__ = ["compare_chance_tests", "describe_chance"]


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
        f"link from {source} to {target}: {target} comes after {source} in {counted(support, 'cascade')}, "
        f"where {mean:.2g} {'is' if f'{mean:.2g}' == '1' else 'are'} expected if users were shuffled among the "
        f"cascades. For this pair alone, the probability of so many is {probability:.2g}; but so many pairs are "
        f"compared that, by chance, up to {probability * pairs:,.2g} such pairs are expected."
    )


def compare_chance_tests(graph: Data, check: PermutationCheck) -> str:
    """Says in sentences what the two tests of an inferred network against chance mean, and what follows from both.

    One test compares the gains of the links with those in shuffled cascades. The other one compares the support of
    each link with that expected by chance. Gains depend on the times of all infections, and the support only on the
    order of two users, so that each test can find what the other one does not.

    Args:
        graph: A network with the evidence of its links from :func:`link_evidence`.
        check: The comparison with shuffled cascades of the same network.
    """
    beyond, reliable = graph["beyond_chance"], check.reliable_links
    count = int(beyond.sum())
    text = (
        "The gain of a link says how much better it explains who was infected when, and its support says in how many "
        "cascades its two users occur in this order. "
    )
    if check.better_than_chance and count:
        both = int((beyond & (graph["gain"] >= check.min_gain)).sum())
        return text + (
            f"Both tests find more than chance, and {both:,} of {graph.num_edges:,} links pass both: rely on these."
            if both
            else "Both tests find more than chance, but in different links. Rely on the network as a whole rather than "
            "on single links."
        )
    if check.better_than_chance:
        return text + (
            f"The two tests disagree: {counted(reliable, 'link')} {'have' if reliable > 1 else 'has'} a higher gain "
            "than those of shuffled cascades, but no single link has a support that is better than chance. Rely on the "
            "links with a high gain together, for example to simulate cascades, rather than on any single one."
        )
    if count:
        return text + (
            f"The two tests disagree: the support of {counted(count, 'link')} is better than chance, but the "
            "network does not explain the cascades better than networks of shuffled cascades. These users occur "
            "together in this order; do not conclude that one infects the other, and do not simulate cascades on the "
            "network."
        )
    return text + "Neither test finds more than chance, so do not rely on this network."
