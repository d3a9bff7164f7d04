from __future__ import annotations

import logging
import math

import numpy as np
from torch_geometric.data import Data

from graphcascade.analysis.diffusion import Diffusion
from graphcascade.analysis.lazy_greedy import lazy_greedy
from graphcascade.analysis.live_edges import LiveEdges
from graphcascade.analysis.opim import opim_c
from graphcascade.analysis.reverse_reachable import ReverseReachable
from graphcascade.analysis.seed_set import Algorithm, SeedSet
from graphcascade.data.seed import check_seed
from graphcascade.errors import UsageError
from graphcascade.simulate.delays import Delays
from graphcascade.simulate.diffusion_kind import DiffusionKind
from graphcascade.value_types import check_numbers

__all__ = ["influence_maximization"]

logger = logging.getLogger(__name__)

SIMULATIONS = 1000


@check_numbers
def influence_maximization(
    graph: Data,
    k: int,
    model: DiffusionKind | None = None,
    algorithm: Algorithm = "reverse_reachable",
    delays: Delays | None = None,
    horizon: float | None = None,
    epsilon: float = 0.05,
    delta: float | None = None,
    simulations: int = SIMULATIONS,
    seed: int = 0,
    progress: bool = False,
) -> SeedSet:
    r"""Finds the ``k`` users with whom cascades should start, so that they infect as many users as possible.

    The spread :math:`\sigma(S)` of a set of users :math:`S` is the expected number of users, with :math:`S`, whom a
    cascade infects that starts at all users of :math:`S` together.

    ===================  ====================================================  ===================================
    model                who is infected                                       edge_weight
    ===================  ====================================================  ===================================
    independent_cascade  whom a transmission reaches; each infected user has   probability of the transmission
                         one chance to infect each of the others
    linear_threshold     users whose infected neighbours have a total weight   weight; weights are divided by their
                         above a threshold, which is uniform on [0, 1]         sum at users where it is above 1
    continuous_time      whom a transmission reaches before the horizon,       parameter of the random delays
                         after random delays
    ===================  ====================================================  ===================================

    The delays and their parameters are those of :func:`~graphcascade.simulate.simulate_cascades`.

    It is NP-hard to find the best users. Two algorithms find users whose spread is near :math:`1 - 1/e` (63 %) of the
    largest possible one at least, and usually far nearer to it:

    - ``reverse_reachable`` draws sets of users from whom a random user is reached, until the bound holds with
      probability :math:`1 - \delta` (OPIM-C, `"Online Processing Algorithms for Influence Maximization"
      <https://doi.org/10.1145/3183713.3183749>`_, Tang et al., 2018). It is for graphs of all sizes.
    - ``greedy`` adds the best user again and again, by the mean spread over live-edge graphs that are drawn once, with
      lazy evaluation (CELF, `"Cost-effective Outbreak Detection in Networks"
      <https://doi.org/10.1145/1281192.1281239>`_, Leskovec et al., 2007). It is for graphs of up to some thousand
      users.

    Args:
        graph: ``edge_index`` ``[2, M]`` in the direction of information flow, ``edge_weight`` ``[M]``, ``num_nodes``.
        k: Number of seed users.
        model: The diffusion model; by default the one of the graph's ``delays``, or else independent_cascade.
        algorithm: The algorithm.
        delays: Distribution of the delays in continuous time; by default the one of the graph, or else exponential.
        horizon: Time at which cascades end, in the unit of the delays; by default the one of the graph. In the other
            models, the largest number of steps; by default unlimited.
        epsilon: With reverse reachable sets, how much smaller than :math:`1 - 1/e` the bound may be.
        delta: With reverse reachable sets, probability that the bound does not hold; ``1 / num_nodes``, and at most
            0.01, if left out.
        simulations: Number of live-edge graphs of the greedy algorithm.
        seed: Seed of the random numbers, in ``[0, 2 ** 63)``.
        progress: Whether to show a progress bar on terminals and in notebooks (greedy algorithm only).

    Returns:
        The seed users with their gains, their expected spread, and bounds.

    Raises:
        UsageError: The graph has no users, edges or weights, or no edge that transmits; the model does not fit the
            weights; an argument is out of range; the greedy algorithm would fill the memory.
        DataError: An edge has an unknown user; a weight is not valid for the model.

    >>> graph = Data(edge_index=torch.tensor([[0, 0, 2], [1, 2, 3]]), edge_weight=torch.ones(3), num_nodes=5)
    >>> influence_maximization(graph, k=2).seeds
    (0, 4)
    """
    if algorithm not in ("reverse_reachable", "greedy"):
        reason = "use 'reverse_reachable' or 'greedy'"
        raise UsageError(argument="algorithm", value=algorithm, reason=reason)
    diffusion = Diffusion.from_graph(graph, model, delays, horizon)
    num_users = diffusion.num_users
    if not 1 <= k <= num_users:
        reason = f"must be from 1 to {num_users:,}, the number of users of the graph"
        raise UsageError(argument="k", value=k, reason=reason)
    if not 0 < epsilon < 1 - 1 / math.e:
        raise UsageError(argument="epsilon", value=epsilon, reason="must be above 0, and below 1 - 1/e = 0.632")
    if delta is not None and not 0 < delta < 1:
        raise UsageError(argument="delta", value=delta, reason="must be above 0, and below 1")
    if simulations < 2:
        raise UsageError(argument="simulations", value=simulations, reason="must be at least 2")
    check_seed(seed)
    if algorithm == "greedy":
        return _greedy(diffusion, k, simulations, seed, progress)
    return _reverse_reachable(diffusion, k, epsilon, min(0.01, 1 / num_users) if delta is None else delta, seed)


def _reverse_reachable(diffusion: Diffusion, k: int, epsilon: float, delta: float, seed: int) -> SeedSet:
    samplers = [ReverseReachable(diffusion, seed, stream) for stream in range(2)]
    found = opim_c(samplers[0], samplers[1], k, epsilon, delta)
    aim = 1 - 1 / math.e - epsilon
    guarantee = max(found.lower / found.upper, aim if found.complete else 0.0)
    if not found.complete:
        logger.warning(
            "stopped at %s reverse reachable sets, because more would fill the memory: the seeds are certain to reach "
            "%.0f %% of the best possible spread, and not %.0f %%; raise epsilon, or lower the horizon or the weights.",
            f"{found.num_sets:,}",
            100 * guarantee,
            100 * aim,
        )
    scale = diffusion.num_users / found.num_sets
    covered = int(found.gains.sum())
    return SeedSet(
        seeds=tuple(found.seeds.tolist()),
        gains=tuple((found.gains * scale).tolist()),
        spread=covered * scale,
        standard_error=scale * math.sqrt(covered * (1 - covered / found.num_sets)),
        guarantee=guarantee,
        lower=found.lower,
        upper=found.upper,
        delta=delta,
        algorithm="reverse_reachable",
        model=diffusion.kind,
        delays=diffusion.delays if diffusion.kind == "continuous_time" else None,
        horizon=diffusion.horizon,
        samples=found.num_sets,
        seed=seed,
    )


def _greedy(diffusion: Diffusion, k: int, simulations: int, seed: int, progress: bool) -> SeedSet:
    live = LiveEdges(diffusion, simulations, seed)
    seeds, guarantee = lazy_greedy(live, k, progress)
    del live  # its memory is used again
    judges = LiveEdges(diffusion, simulations, seed, first=simulations)
    gains = np.stack([judges.add(user).numpy() for user in seeds])
    size = gains.sum(0)
    return SeedSet(
        seeds=tuple(seeds),
        gains=tuple(gains.mean(1).tolist()),
        spread=float(size.mean()),
        standard_error=float(size.std(ddof=1)) / math.sqrt(simulations),
        guarantee=guarantee,
        lower=None,
        upper=None,
        delta=None,
        algorithm="greedy",
        model=diffusion.kind,
        delays=diffusion.delays if diffusion.kind == "continuous_time" else None,
        horizon=diffusion.horizon,
        samples=simulations,
        seed=seed,
    )
