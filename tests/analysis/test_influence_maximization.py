"""Seed users against brute force, closed forms and simulated cascades."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.analysis import influence_maximization
from graphcascade.errors import DataError, UsageError
from graphcascade.simulate import kronecker_graph, simulate_cascades
from tests.analysis.exact_spread import best_spread, exact_spread

ALGORITHMS = ["reverse_reachable", "greedy"]
MODELS = ["independent_cascade", "linear_threshold"]


def small_graph(seed: int, num_users: int = 7, num_edges: int = 10) -> Data:
    """A random graph with loops, a link twice and a certain link; incoming weights may have a sum above 1."""
    generator = torch.Generator().manual_seed(seed)
    edge_index = torch.randint(num_users - 1, (2, num_edges), generator=generator)  # the last user has no link
    weight = torch.rand(num_edges, generator=generator, dtype=torch.float64)
    weight[0], edge_index[:, 1] = 1.0, edge_index[:, 2]
    proper = edge_index[0] != edge_index[1]
    return Data(edge_index=edge_index[:, proper], edge_weight=weight[proper], num_nodes=num_users)


def larger_graph(power: int = 7) -> Data:
    graph = kronecker_graph([[0.9, 0.5], [0.5, 0.3]], power, seed=1)
    graph.edge_weight = 0.02 + 0.2 * torch.rand(graph.num_edges, generator=torch.Generator().manual_seed(0))
    return graph


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("seed", range(4))
def test_spread_is_exact_and_near_the_best(algorithm: Any, model: Any, seed: int) -> None:
    graph = small_graph(seed)
    found = influence_maximization(graph, 2, model, algorithm, epsilon=0.02, delta=1e-4, simulations=4000)
    exact, best = exact_spread(graph, found.seeds, model), best_spread(graph, 2, model)
    assert abs(found.spread - exact) < 4.5 * found.standard_error + 1e-9
    assert found.spread == pytest.approx(sum(found.gains))
    first = exact_spread(graph, found.seeds[:1], model)
    assert found.gains[0] == pytest.approx(first, abs=0.2)
    assert exact >= (1 - 1 / math.e) * best
    assert exact >= 0.97 * best  # with so many samples the best users, or nearly
    if algorithm == "reverse_reachable":
        assert found.lower is not None
        assert found.upper is not None
        assert found.lower <= exact + 1e-9
        assert found.upper >= best - 1e-9
        assert found.guarantee == pytest.approx(found.lower / found.upper)
    assert 1 - 1 / math.e - 0.02 <= found.guarantee <= 1


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("model", MODELS)
def test_a_horizon_limits_the_steps(algorithm: Any, model: Any) -> None:
    chain = Data(edge_index=torch.tensor([[0, 1, 2, 3], [1, 2, 3, 4]]), edge_weight=torch.ones(4), num_nodes=5)
    found = influence_maximization(chain, 1, model, algorithm, horizon=2, simulations=10)
    assert found.spread == pytest.approx(3, abs=5 * found.standard_error)
    assert found.seeds[0] in (0, 1, 2)
    assert exact_spread(chain, found.seeds, model, steps=2) == 3
    assert influence_maximization(chain, 1, model, algorithm, simulations=10).seeds == (0,)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("delays", ["exponential", "rayleigh", "power_law"])
def test_continuous_time_has_the_spread_of_simulated_cascades(algorithm: Any, delays: Any) -> None:
    graph = larger_graph()
    graph.delays, graph.horizon, graph.min_delay = delays, 6.0, 0.5
    found = influence_maximization(graph, 1, algorithm=algorithm, epsilon=0.02)
    source = torch.full((4000,), found.seeds[0])
    size = simulate_cascades(graph, 4000, sources=source, seed=9).table.size.double()
    error = math.hypot(found.standard_error, float(size.std()) / math.sqrt(4000))
    assert found.model == "continuous_time"
    assert found.spread > 2
    assert abs(found.spread - float(size.mean())) < 4.5 * error


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_continuous_time_on_a_path_has_its_closed_form(algorithm: Any) -> None:
    """Two exponential delays of rate 1 in a row take less than 1 with probability 1 - 2 / e."""
    path = Data(edge_index=torch.tensor([[0, 1], [1, 2]]), edge_weight=torch.ones(2), num_nodes=3)
    found = influence_maximization(path, 1, "continuous_time", algorithm, horizon=1.0, epsilon=0.01, simulations=20_000)
    assert found.seeds == (0,)
    assert abs(found.spread - (1 + (1 - 1 / math.e) + (1 - 2 / math.e))) < 4 * found.standard_error


def test_the_greedy_algorithm_counts_the_simulated_cascades_themselves() -> None:
    """Live-edge graph i is the one on which cascade i spreads, so that the best first user is exactly the best one."""
    for delays, horizon in (("exponential", 2.5), ("discrete", math.inf), ("discrete", 2.0)):
        graph = larger_graph(6)
        graph.delays, graph.horizon = delays, horizon
        found = influence_maximization(graph, 1, algorithm="greedy", simulations=50, seed=3)
        total = []
        for user in range(graph.num_nodes):
            cascades = simulate_cascades(graph, 50, sources=torch.full((50,), user), seed=3)
            total.append(cascades.table.num_events)
        assert found.seeds == (total.index(max(total)),)


def test_lazy_evaluation_finds_the_users_of_plain_greedy() -> None:
    graph = larger_graph(6)
    found = influence_maximization(graph, 4, algorithm="greedy", simulations=60, seed=5)
    worlds = []  # users reached from each user in each live-edge graph
    for user in range(graph.num_nodes):
        cascades = simulate_cascades(graph, 60, "discrete", sources=torch.full((60,), user), seed=5)
        worlds.append([set(cascades[number].user.tolist()) for number in range(60)])
    seeds: list[int] = []
    covered: list[set[int]] = [set() for _ in range(60)]
    for _ in range(4):
        gains = [sum(len(new - old) for new, old in zip(world, covered, strict=True)) for world in worlds]
        seeds.append(gains.index(max(gains)))
        covered = [old | new for old, new in zip(covered, worlds[seeds[-1]], strict=True)]
    assert found.seeds == tuple(seeds)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_equal_seeds_give_equal_results(algorithm: Any) -> None:
    graph = larger_graph()
    first, again, other = (
        influence_maximization(graph, 3, algorithm=algorithm, simulations=50, seed=seed) for seed in (1, 1, 2)
    )
    assert first == again
    assert first.spread != other.spread


def test_fewer_seeds_are_a_part_of_more() -> None:
    graph = larger_graph()
    more, fewer = (influence_maximization(graph, k, algorithm="greedy", simulations=50) for k in (4, 2))
    assert more.seeds[:2] == fewer.seeds
    assert more.gains[:2] == fewer.gains


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_all_users_can_be_seeds(algorithm: Any) -> None:
    graph = small_graph(0)
    found = influence_maximization(graph, 7, algorithm=algorithm, simulations=20)
    assert sorted(found.seeds) == list(range(7))
    assert found.spread == pytest.approx(7)
    assert found.guarantee == pytest.approx(1, abs=0.4)


def test_the_model_follows_from_the_delays_of_the_graph() -> None:
    graph = small_graph(1)
    assert influence_maximization(graph, 1).model == "independent_cascade"
    graph.delays, graph.horizon = "rayleigh", 2.0
    found = influence_maximization(graph, 1)
    assert (found.model, found.delays, found.horizon) == ("continuous_time", "rayleigh", 2.0)
    with pytest.raises(UsageError, match="are parameters of rayleigh delays, not shares of influence; leave it out"):
        influence_maximization(graph, 1, "linear_threshold")
    threshold = influence_maximization(small_graph(1), 1, "linear_threshold")
    assert (threshold.delays, threshold.horizon) == (None, math.inf)


def test_the_table_has_the_ids_and_the_sums_of_the_gains() -> None:
    found = influence_maximization(small_graph(1), 3)
    frame = found.to_frame([f"user-{number}" for number in range(7)])
    assert frame["user"].tolist() == [f"user-{number}" for number in found.seeds]
    assert frame["spread"].iloc[-1] == pytest.approx(found.spread)
    with pytest.raises(UsageError, match="has 2 ids"):
        found.to_frame(["a", "b"])
    assert "3 seed users, expected spread" in str(found)


ERRORS = [
    ({"k": 0}, "k=0: must be from 1 to 7"),
    ({"k": 8}, "k=8: must be from 1 to 7, the number of users"),
    ({"model": "sir"}, "use one of 'independent_cascade'"),
    ({"algorithm": "random"}, "use 'reverse_reachable' or 'greedy'"),
    ({"delays": "weibull"}, "use one of 'exponential'"),
    ({"model": "linear_threshold", "delays": "discrete"}, "has no effect on the model"),
    ({"model": "independent_cascade", "delays": "rayleigh"}, "does not fit the model"),
    ({"model": "continuous_time"}, "give the time at which cascades end"),
    ({"horizon": 0.0}, "must be above 0"),
    ({"epsilon": 0.7}, "below 1 - 1/e"),
    ({"delta": 1.0}, "below 1"),
    ({"simulations": 1, "algorithm": "greedy"}, "must be at least 2"),
    ({"seed": -1}, "must be 0 or more"),
]


@pytest.mark.parametrize(("arguments", "message"), ERRORS)
def test_wrong_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        influence_maximization(small_graph(0), **({"k": 1} | arguments))


def test_wrong_graphs() -> None:
    graph = small_graph(0)
    graph.edge_weight[2] = 1.5
    with pytest.raises(DataError, match=r"edge 2 has the weight 1.5; a probability must be in \[0, 1\]"):
        influence_maximization(graph, 1)
    graph.edge_weight[2] = -1
    with pytest.raises(DataError, match="edge 2 has the weight -1; it must be finite"):
        influence_maximization(graph, 1, "linear_threshold")
    graph.edge_weight[:] = 0
    with pytest.raises(UsageError, match="no link of positive weight"):
        influence_maximization(graph, 1)
    with pytest.raises(UsageError, match="num_nodes of at least 1"):
        influence_maximization(Data(edge_index=torch.empty(2, 0, dtype=torch.long), num_nodes=0), 1)
    with pytest.raises(UsageError, match="has no edge_weight"):
        influence_maximization(Data(edge_index=graph.edge_index, num_nodes=7), 1)
    graph.weight_is = "count"
    with pytest.raises(UsageError, match="the weight of its edges is a count"):
        influence_maximization(graph, 1)


def test_live_edge_graphs_that_would_fill_the_memory() -> None:
    with pytest.raises(UsageError, match="simulations=20000000: so many live-edge graphs"):
        influence_maximization(small_graph(0), 1, algorithm="greedy", simulations=20_000_000)
