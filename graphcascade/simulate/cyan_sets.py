"""The synthetic data of the CYAN-RNN paper."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.simulate.cascades import simulate_cascades
from graphcascade.simulate.kronecker import CORE_PERIPHERY, RANDOM, kronecker_graph

__all__ = ["cyan_cascades"]

NETWORKS = {"core-periphery": CORE_PERIPHERY, "random": RANDOM}
POWER = 5  # 32 users
LOWEST, HIGHEST = 0.01, 10.0


def cyan_cascades(
    network: Literal["core-periphery", "random"] = "core-periphery",
    delays: Literal["exponential", "rayleigh"] = "exponential",
    num_cascades: int = 20_000,
    horizon: float = 100.0,
    min_size: int = 2,
    max_size: int | None = None,
    rates: Literal["log-uniform", "uniform"] = "log-uniform",
    network_seed: int = 0,
    seed: int = 0,
) -> CascadeDataset:
    """Cascades on a Kronecker network of 32 users, as in the CYAN-RNN paper, Section 4.2.

    From `"Cascade Dynamics Modeling with Attention-based Recurrent Neural Network"
    <https://doi.org/10.24963/ijcai.2017/416>`_ (Wang et al., 2017). Sources are drawn uniformly; a cascade ends at
    T = 100.

    Deviations from the paper:
        - "Mixed exponential distributions, controlled by rate parameters in [0.01, 10]" (and Rayleigh scales likewise)
          is read as: every edge has one parameter, drawn once per network. Scales are drawn uniformly. Rates are drawn
          log-uniformly: uniform rates make nearly all delays so short that T = 100 never matters; ``rates="uniform"``
          is that reading.
        - Cascades of one user have nothing to predict: they are drawn anew, so that ``num_cascades`` remain.
          ``min_size=1`` keeps them.
        - Networks have no loops.

    The network has few edges, so that its draw decides how long cascades are: report results over several
    ``network_seed``.

    Args:
        network: ``"core-periphery"`` or ``"random"`` (Erdős-Rényi).
        delays: ``"exponential"`` or ``"rayleigh"``.
        num_cascades: How many cascades to make.
        horizon: T, after which nobody is infected.
        min_size: Cascades of fewer users are dropped, drawn anew, counted and logged.
        max_size: Cascades are cut to their first ``max_size`` users.
        rates: How exponential rates are drawn.
        network_seed: Seed of the edges and of their parameters.
        seed: Seed of the cascades.

    Returns:
        The cascades. Their ``true_graph`` has ``edge_weight``, float32: the rate, or scale ** -2.

    Raises:
        UsageError: An unknown name; an argument out of range.
    """
    for argument, value, known in (
        ("network", network, tuple(NETWORKS)),
        ("delays", delays, ("exponential", "rayleigh")),
        ("rates", rates, ("log-uniform", "uniform")),
    ):
        if value not in known:
            raise UsageError(f"{argument}={value!r}: known are {' and '.join(map(repr, known))}.")
    graph = kronecker_graph(NETWORKS[network], POWER, network_seed)
    generator = np.random.default_rng([network_seed, 1])  # not the stream that drew the edges
    if delays == "rayleigh":
        weight = generator.uniform(LOWEST, HIGHEST, graph.num_edges) ** -2
    elif rates == "uniform":
        weight = generator.uniform(LOWEST, HIGHEST, graph.num_edges)
    else:
        weight = np.exp(generator.uniform(np.log(LOWEST), np.log(HIGHEST), graph.num_edges))
    graph.edge_weight = torch.from_numpy(weight.astype(np.float32))
    return simulate_cascades(
        graph,
        num_cascades,
        delays,
        horizon,
        max_size=max_size,
        min_size=min_size,
        seed=seed,
        name=f"CYAN-RNN {network}, {delays}",
    )
