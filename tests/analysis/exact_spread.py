"""Exact spreads on small graphs, by enumeration of all live-edge graphs with plain loops."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from torch_geometric.data import Data


def live_edge_graphs(graph: Data, model: str) -> Iterator[tuple[float, list[tuple[int, int]]]]:
    """Yields the probability and the live edges of every live-edge graph."""
    weights = graph.edge_weight.tolist()
    links = [(*ends, weight) for ends, weight in zip(graph.edge_index.t().tolist(), weights, strict=True)]
    if model == "independent_cascade":
        for alive in itertools.product([False, True], repeat=len(links)):
            chance = 1.0
            for live, (_, _, p) in zip(alive, links, strict=True):
                chance *= p if live else 1 - p
            yield chance, [(u, v) for live, (u, v, _) in zip(alive, links, strict=True) if live]
        return
    choices = []
    for user in range(graph.num_nodes):
        into = [(u, w) for u, v, w in links if v == user]
        total = max(1.0, sum(w for _, w in into))
        choices.append([(u, w / total) for u, w in into] + [(None, 1 - sum(w for _, w in into) / total)])
    for picks in itertools.product(*choices):
        chance = 1.0
        for _, p in picks:
            chance *= p
        yield chance, [(u, v) for v, (u, _) in enumerate(picks) if u is not None]


def exact_spread(graph: Data, seeds: Iterable[int], model: str, steps: float = float("inf")) -> float:
    """Expected number of users who are reached from the seeds within a number of steps."""
    spread = 0.0
    for chance, links in live_edge_graphs(graph, model):
        reached, front, step = set(seeds), set(seeds), 0
        while front and step < steps:
            front = {v for u, v in links if u in front} - reached
            reached |= front
            step += 1
        spread += chance * len(reached)
    return spread


def best_spread(graph: Data, k: int, model: str) -> float:
    """Largest expected number of users whom any ``k`` seeds reach."""
    return max(exact_spread(graph, seeds, model) for seeds in itertools.combinations(range(graph.num_nodes), k))
