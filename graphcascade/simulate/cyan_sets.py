"""Simulated data of the CYAN-RNN paper."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.simulate.cascades import simulate_cascades
from graphcascade.simulate.kronecker import CORE_PERIPHERY, RANDOM, kronecker_graph
from graphcascade.value_types import check_numbers

__all__ = ["cyan_cascades"]

NETWORKS = {"core-periphery": CORE_PERIPHERY, "random": RANDOM}
POWER = 5  # 32 users
MIN_PARAMETER, MAX_PARAMETER = 0.01, 10.0


@check_numbers
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
    """Simulates cascades on a Kronecker network of 32 users, as in the CYAN-RNN paper, Section 4.2.

    From `"Cascade Dynamics Modeling with Attention-based Recurrent Neural Network"
    <https://doi.org/10.24963/ijcai.2017/416>`_ (Wang et al., 2017). Sources are drawn uniformly; a cascade ends at
    T = 100.

    Deviations from the paper:
        - "Mixed exponential distributions, controlled by rate parameters in [0.01, 10]" (and Rayleigh scales likewise)
          is interpreted as one parameter for each edge, drawn once per network. Scales are drawn uniformly. Rates are
          drawn log-uniformly, because with uniform rates nearly all delays are so short that T = 100 has no effect;
          ``rates="uniform"`` draws them uniformly.
        - Cascades of one user are dropped and drawn again, because there is nothing to predict; ``min_size=1`` keeps
          them.
        - Networks have no loops.

    The network has few edges, so the random draw of them determines how long cascades are: report results over several
    values of ``network_seed``.

    Args:
        network: ``"core-periphery"`` or ``"random"`` (Erdős-Rényi).
        delays: ``"exponential"`` or ``"rayleigh"``.
        num_cascades: Number of cascades.
        horizon: T, the time at which cascades end.
        min_size: Minimum number of users; smaller cascades are dropped and drawn again, counted and logged.
        max_size: Maximum number of users; longer cascades are cut.
        rates: Distribution of exponential rates.
        network_seed: Seed of the edges and of their parameters.
        seed: Seed of the cascades.

    Returns:
        The cascades. Their ``true_graph`` has ``edge_weight``, float32: the rate, or scale ** -2.

    Raises:
        UsageError: A name is unknown, or an argument is out of range.
    """
    for argument, value, known in (
        ("network", network, tuple(NETWORKS)),
        ("delays", delays, ("exponential", "rayleigh")),
        ("rates", rates, ("log-uniform", "uniform")),
    ):
        if value not in known:
            raise UsageError(argument=argument, value=value, reason=f"use {' or '.join(map(repr, known))}")
    graph = kronecker_graph(NETWORKS[network], POWER, network_seed)
    generator = np.random.default_rng([network_seed, 1])  # not the stream of the edges
    if delays == "rayleigh":
        weight = generator.uniform(MIN_PARAMETER, MAX_PARAMETER, graph.num_edges) ** -2
    elif rates == "uniform":
        weight = generator.uniform(MIN_PARAMETER, MAX_PARAMETER, graph.num_edges)
    else:
        weight = np.exp(generator.uniform(np.log(MIN_PARAMETER), np.log(MAX_PARAMETER), graph.num_edges))
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
