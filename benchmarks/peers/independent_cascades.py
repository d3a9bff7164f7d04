"""Simulation of independent cascades: CyNetDiff."""

from __future__ import annotations

from array import array

import numpy as np
import torch
from torch_geometric.data import Data

from graphcascade.simulate import simulate_cascades

from .comparison import Comparison, Speed, speed_of_passes

NUM_USERS, NUM_LINKS, NUM_CASCADES = 10_000, 100_000, 10_000


def random_graph() -> Data:
    """Random links, with probabilities of one over the number of links into a user."""
    random = np.random.default_rng(0)
    ends = random.integers(NUM_USERS, size=(2, NUM_LINKS))
    edge_index = torch.unique(torch.from_numpy(ends[:, ends[0] != ends[1]]), dim=1)
    weight = 1 / torch.bincount(edge_index[1], minlength=NUM_USERS)[edge_index[1]].double()
    return Data(edge_index=edge_index, edge_weight=weight, num_nodes=NUM_USERS)


def sources() -> torch.Tensor:
    return torch.randint(NUM_USERS, (NUM_CASCADES,), generator=torch.Generator().manual_seed(0))


def ours() -> Speed:
    graph = random_graph()
    return speed_of_passes(
        NUM_CASCADES, lambda: simulate_cascades(graph, NUM_CASCADES, delays="discrete", sources=sources())
    )


def theirs() -> Speed:
    from cynetdiff.models import IndependentCascadeModel

    graph = random_graph()
    assert graph.edge_index is not None
    order = torch.argsort(graph.edge_index[0], stable=True)
    degree = torch.bincount(graph.edge_index[0], minlength=NUM_USERS)
    model = IndependentCascadeModel(
        array("I", (degree.cumsum(0) - degree).tolist()),
        array("I", graph.edge_index[1, order].tolist()),
        activation_probs=array("f", graph["edge_weight"][order].tolist()),
        rng=np.random.default_rng(0),
    )

    def simulate() -> list[tuple[int, ...]]:
        users = []
        for source in sources().tolist():
            model.set_seeds([source])
            model.reset_model()
            model.advance_until_completion()
            users.append(tuple(model.get_activated_nodes()))
        return users

    return speed_of_passes(NUM_CASCADES, simulate)


def comparisons() -> list[Comparison]:
    work = f"independent cascades: {NUM_CASCADES:,} on {NUM_USERS:,} users and about {NUM_LINKS:,} links"
    difference = "Ours also has the times and parents of the events. CyNetDiff is C++, called for each cascade."
    return [Comparison(work, "cascades", "cynetdiff", ours, theirs, difference)]
