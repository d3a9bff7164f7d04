"""Measures time and memory of simulations, on one core: ``python benchmarks/simulate.py``.

Every row runs in a separate process; its peak memory includes the interpreter, torch and the network.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable

import torch
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset
from graphcascade.simulate import CORE_PERIPHERY, cyan_cascades, kronecker_graph, simulate_cascades

USERS, EDGES = 1_000_000, 10_000_000

Row = tuple[str, float, float, int, float, float]


def follow_graph(weight: float) -> Data:
    """A random directed graph with one weight for all edges."""
    generator = torch.Generator().manual_seed(0)
    edge_index = torch.randint(USERS, (2, EDGES), generator=generator)
    return Data(edge_index=edge_index, edge_weight=torch.full((EDGES,), weight), num_nodes=USERS)


def small_network() -> CascadeDataset:
    return cyan_cascades("core-periphery", "exponential", num_cascades=20_000)


def until_horizon(graph: Data) -> CascadeDataset:
    # Early on a cascade grows by a factor e per 1 / (10 * 0.1) units of time: about 1,000 users at 6.9.
    return simulate_cascades(graph, 1000, "exponential", horizon=6.8)


def cut_at_size(graph: Data) -> CascadeDataset:
    # Without the cut each cascade would infect all users.
    return simulate_cascades(graph, 1000, "exponential", max_size=1000)


def independent_cascades(graph: Data) -> CascadeDataset:
    # A user infects 0.99 others on average: 1 / (1 - 0.99) users a cascade, a few of many thousands.
    return simulate_cascades(graph, 1000, "discrete")


def linear_thresholds(graph: Data) -> CascadeDataset:
    # The weights of the links to most users sum to less than 1, and those of the others are divided by their sum.
    return simulate_cascades(graph, 1000, model="linear_threshold", normalize=True)


def whole_graph(graph: Data) -> CascadeDataset:
    return simulate_cascades(graph, 4, "exponential")


CASES: dict[str, tuple[Callable[..., CascadeDataset], float | None]] = {
    "20,000 cascades, 32 users": (small_network, None),
    "1,000 cascades, 10^6 users, 10^7 edges, horizon": (until_horizon, 0.1),
    "1,000 cascades, 10^6 users, 10^7 edges, max_size": (cut_at_size, 0.1),
    "1,000 cascades, 10^6 users, 10^7 edges, discrete": (independent_cascades, 0.099),
    "1,000 cascades, 10^6 users, 10^7 edges, thresholds": (linear_thresholds, 0.08),
    "4 cascades of nearly all of 10^6 users": (whole_graph, 0.1),
}


def run(case: str) -> Row:
    torch.set_num_threads(1)
    function, weight = CASES[case]
    start = time.perf_counter()
    arguments = () if weight is None else (follow_graph(weight),)
    ready = time.perf_counter()
    dataset = function(*arguments)
    seconds = time.perf_counter() - ready
    events = dataset.table.num_events
    return case, ready - start, seconds, events, events / len(dataset), peak()


def run_kronecker(power: int) -> Row:
    torch.set_num_threads(1)
    # Scaled up so that 2^20 users have about 10^7 edges.
    initiator = [[min(1.0, 1.05 * entry) for entry in row] for row in CORE_PERIPHERY]
    start = time.perf_counter()
    graph = kronecker_graph(initiator, power)
    seconds = time.perf_counter() - start
    return f"Kronecker graph, 2^{power} users", 0.0, seconds, graph.num_edges, graph.num_edges / 2**power, peak()


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # kB on Linux


def main() -> None:
    print(f"{'case':50} {'network s':>9} {'s':>7} {'events':>10} {'per cascade':>11} {'peak GB':>8}")
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        rows = [pool.apply_async(run, (case,)) for case in CASES]
        rows.append(pool.apply_async(run_kronecker, (20,)))
        for row in rows:
            case, network, seconds, events, size, memory = row.get()
            print(f"{case:50} {network:9.1f} {seconds:7.2f} {events:10,} {size:11.1f} {memory:8.2f}", flush=True)


if __name__ == "__main__":
    main()
