from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import log
from typing import Any, Literal

import numpy as np
import torch

from graphcascade.data import CascadeDataset
from graphcascade.datasets.registry import DATASETS
from graphcascade.errors import UsageError
from graphcascade.simulate import CORE_PERIPHERY, HIERARCHICAL, RANDOM, kronecker_graph, simulate_cascades

__all__ = ["KroneckerSynthetic"]

INITIATORS = {"core-periphery": CORE_PERIPHERY, "hierarchical": HIERARCHICAL, "random": RANDOM}
MIN_RATE, MAX_RATE = 0.1, 1.0
HORIZON = 2.0


class KroneckerSynthetic(CascadeDataset):
    """Simulated cascades on stochastic Kronecker networks, to test how networks are inferred.

    The networks are those of `"Uncovering the Temporal Dynamics of Diffusion Networks"
    <https://arxiv.org/abs/1105.0697>`_ (Gomez-Rodriguez et al., 2011), with other sizes: core-periphery, hierarchical
    and random. Each link has an exponential rate, drawn log-uniformly from 0.1 to 1. Each cascade starts with a user
    drawn at random, and ends at the horizon. Cascades of one user are dropped and drawn again. Registered as
    ``kronecker-core-32``, ``kronecker-hierarchical-32`` and ``kronecker-random-32``, and the same with 512 and 4,096
    users. The horizon of ``kronecker-core-4096`` is 0.8, because its cascades would be very large at 2.

    Args:
        network: Kind of network.
        power: The network has ``2 ** power`` users.
        network_seed: Seed of the network and of its rates.
        seed: Seed of the cascades.
        num_cascades: Number of cascades.
        horizon: Time at which cascades end.
        transform: Applied to each cascade when it is accessed.

    Raises:
        UsageError: The kind of network is unknown, or a number is out of range.
    """

    origin = "simulated"
    published_cascades = 5_000

    def __init__(
        self,
        network: Literal["core-periphery", "hierarchical", "random"] = "core-periphery",
        power: int = 5,
        network_seed: int = 0,
        seed: int = 0,
        num_cascades: int = published_cascades,
        horizon: float = HORIZON,
        transform: Callable[[Any], Any] | None = None,
    ) -> None:
        if network not in INITIATORS:
            reason = f"use one of {', '.join(map(repr, INITIATORS))}"
            raise UsageError(argument="network", value=network, reason=reason)
        graph = kronecker_graph(INITIATORS[network], power, network_seed)
        generator = np.random.default_rng([network_seed, 1])  # not the stream of the edges
        graph.edge_weight = torch.from_numpy(np.exp(generator.uniform(log(MIN_RATE), log(MAX_RATE), graph.num_edges)))
        name = f"Kronecker {network}, {graph.num_nodes} users"
        simulated = simulate_cascades(graph, num_cascades, "exponential", horizon, min_size=2, seed=seed, name=name)
        super().__init__(simulated.table, transform)


for _power in (5, 9, 12):
    for _name, _network in (("core", "core-periphery"), ("hierarchical", "hierarchical"), ("random", "random")):
        _horizon = 0.8 if (_name, _power) == ("core", 12) else HORIZON
        _dataset = partial(KroneckerSynthetic, network=_network, power=_power, horizon=_horizon)  # type: ignore[arg-type]
        DATASETS.register(f"kronecker-{_name}-{2**_power}")(_dataset)
