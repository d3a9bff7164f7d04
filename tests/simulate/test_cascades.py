import heapq
import logging
import math

import numpy as np
import pytest
import torch
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset
from graphcascade.errors import DataError, UsageError
from graphcascade.simulate import cascades, simulate_cascades, spread, steps
from graphcascade.simulate.delays import DELAYS, Delays
from graphcascade.simulate.uniforms import stream_keys, uniforms

ALL: tuple[Delays, ...] = ("exponential", "rayleigh", "power_law", "discrete")
CONTINUOUS = ALL[:3]


def graph_of(edges: list[tuple[int, int, float]], num_nodes: int) -> Data:
    return Data(
        edge_index=torch.tensor([edge[:2] for edge in edges], dtype=torch.long).view(-1, 2).t(),
        edge_weight=torch.tensor([edge[2] for edge in edges], dtype=torch.float64),
        num_nodes=num_nodes,
    )


def random_graph(num_nodes: int, num_edges: int, delays: Delays, seed: int = 0) -> Data:
    """Returns a graph with unordered edges, loops, parallel edges, and weights of 0."""
    generator = torch.Generator().manual_seed(seed)
    weight = torch.rand(num_edges, generator=generator, dtype=torch.float64)
    weight[::7] = 0
    return Data(
        edge_index=torch.randint(num_nodes, (2, num_edges), generator=generator),
        edge_weight=weight * (0.7 if delays == "discrete" else 1.0),
        num_nodes=num_nodes,
    )


def from_source(graph: Data, count: int, delays: Delays, **kwargs: object) -> CascadeDataset:
    sources = torch.zeros(count, dtype=torch.long)
    return simulate_cascades(graph, count, delays, sources=sources, **kwargs)


def times_of(dataset: CascadeDataset, user: int) -> np.ndarray:
    """Returns when each cascade reached a user; infinite if it did not."""
    table = dataset.table
    time = torch.full((len(dataset),), math.inf, dtype=torch.float64)
    cascade = torch.repeat_interleave(table.size)
    time[cascade[table.user == user]] = table.time[table.user == user]
    return time.numpy()


def distance(sample: np.ndarray, cdf: np.ndarray) -> float:
    """Kolmogorov-Smirnov distance of a sorted sample times sqrt(n); below 1.63 in 99 % of samples."""
    rank = np.arange(len(sample) + 1) / len(sample)
    return float(np.maximum(rank[1:] - cdf, cdf - rank[:-1]).max() * math.sqrt(len(sample)))


def rows(dataset: CascadeDataset) -> list[tuple[list[int], list[float], list[int]]]:
    return [(c.user.tolist(), c.time.tolist(), c.parent.tolist()) for c in dataset]


def dijkstra(
    graph: Data, number: int, delays: Delays, horizon: float, max_size: int | None, seed: int
) -> tuple[list[int], list[float], list[int]]:
    """Simulates a cascade by a plain loop over a heap, with the same random numbers."""
    family = DELAYS[delays]
    key = stream_keys(seed, torch.tensor([number]))
    root = int(uniforms(key, torch.tensor([-1])).item() * graph.num_nodes)
    heap = [(torch.tensor(0.0, dtype=torch.float64), root, root)]
    users: list[int] = []
    times: list[float] = []
    parents: list[int] = []
    while heap and len(users) != max_size:
        arrival, user, parent = heapq.heappop(heap)
        time = family.time(arrival).item()
        if user in users or time > horizon or time == math.inf:
            continue
        users.append(user)
        times.append(time)
        parents.append(users.index(parent))
        for edge in torch.nonzero(graph.edge_index[0] == user).view(-1).tolist():
            uniform = uniforms(key, torch.tensor([edge]))[0]
            arrives = family.arrival(arrival, uniform, graph.edge_weight[edge])
            heapq.heappush(heap, (arrives, int(graph.edge_index[1, edge]), user))
    return users, times, parents


# The distribution ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("delays", "cdf"),
    [
        ("exponential", lambda d: 1 - np.exp(-0.7 * d)),
        ("rayleigh", lambda d: 1 - np.exp(-0.7 * d**2 / 2)),
        ("power_law", lambda d: 1 - d**-0.7),
    ],
)
def test_delays_between_two_users_have_their_distribution(delays: Delays, cdf: object) -> None:
    dataset = from_source(graph_of([(0, 1, 0.7)], 2), 20_000, delays)
    sample = np.sort(times_of(dataset, 1))
    assert distance(sample, cdf(sample)) < 1.63


def test_discrete_delays_are_one_with_their_probability() -> None:
    dataset = from_source(graph_of([(0, 1, 0.7)], 2), 20_000, "discrete")
    sample = times_of(dataset, 1)
    assert set(sample) == {1.0, math.inf}
    assert (sample == 1).mean() == pytest.approx(0.7, abs=3 * math.sqrt(0.7 * 0.3 / 20_000))


def test_times_and_parents_of_three_users_match_the_formula() -> None:
    a, b, c = 2.0, 0.5, 1.0
    dataset = from_source(graph_of([(0, 1, a), (0, 2, b), (1, 2, c)], 3), 20_000, "exponential")
    t = np.sort(times_of(dataset, 2))
    longer = (c * np.exp(-a * t) - a * np.exp(-c * t)) / (c - a)  # the sum of the two delays over user 1 exceeds t
    assert distance(t, 1 - np.exp(-b * t) * longer) < 1.63
    # The path over user 1 is faster if both of its steps come before the direct one: a / (a + b) * c / (c + b).
    table = dataset.table
    last = table.user == 2
    parent = table.user[table.ptr[:-1] + table.parent[last]]
    share = a / (a + b) * c / (c + b)
    assert (parent == 1).double().mean().item() == pytest.approx(share, abs=3 * math.sqrt(share / 20_000))


@pytest.mark.parametrize("delays", ["rayleigh", "power_law"])
def test_times_of_three_users_match_the_integral(delays: Delays) -> None:
    a, b, c = 2.0, 0.5, 1.0
    dataset = from_source(graph_of([(0, 1, a), (0, 2, b), (1, 2, c)], 3), 20_000, delays)
    t = np.sort(times_of(dataset, 2))
    family = DELAYS[delays]

    def survival(d: np.ndarray, weight: float) -> np.ndarray:
        return family.log_survival(torch.from_numpy(d), torch.tensor(weight)).exp().numpy()

    # P(X + Y > t) as the mean of P(Y > t - X) over the quantiles of X.
    quantile = torch.from_numpy((np.arange(4000) + 0.5) / 4000)
    x = family.inverse_survival(quantile, torch.tensor(a)).numpy()
    longer = np.concatenate([survival(np.maximum(part[:, None] - x, 0), c).mean(1) for part in np.array_split(t, 20)])
    assert distance(t, 1 - survival(t, b) * longer) < 1.63


def test_simultaneous_successes_are_equally_likely_parents() -> None:
    # Users 1, 2 and 3 are infected at 1, and all have an edge to user 4.
    probability = {1: 1.0, 2: 0.5, 3: 0.2}
    edges = [(0, user, 1.0) for user in probability] + [(user, 4, p) for user, p in probability.items()]
    dataset = from_source(graph_of(edges, 5), 30_000, "discrete")
    table = dataset.table
    assert set(times_of(dataset, 4)) == {2.0}
    last = table.user == 4
    parent = table.user[table.ptr[:-1] + table.parent[last]]
    # By hand: user 2 is the parent with 0.5 * (0.8 / 2 + 0.2 / 3), user 3 with 0.2 * (0.5 / 2 + 0.5 / 3).
    for user, share in ((2, 0.5 * (0.4 + 0.2 / 3)), (3, 0.2 * (0.25 + 0.5 / 3))):
        found = (parent == user).double().mean().item()
        assert found == pytest.approx(share, abs=3 * math.sqrt(share * (1 - share) / 30_000))


def test_roots_are_uniform_over_users() -> None:
    dataset = simulate_cascades(graph_of([], 5), 20_000)
    count = torch.bincount(dataset.table.source, minlength=5).double()
    assert ((count - 4000) ** 2 / 4000).sum() < 13.3  # chi-square, 4 degrees of freedom, level 1 %
    assert (dataset.table.size == 1).all()


# The algorithm -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delays", ALL)
@pytest.mark.parametrize(("horizon", "max_size"), [(math.inf, None), (2.5, None), (math.inf, 5), (3.5, 1)])
def test_cascades_equal_those_of_dijkstra(delays: Delays, horizon: float, max_size: int | None) -> None:
    graph = random_graph(40, 150, delays)
    dataset = simulate_cascades(graph, 25, delays, horizon, max_size=max_size, seed=9)
    expected = [dijkstra(graph, number, delays, horizon, max_size, seed=9) for number in range(25)]
    assert rows(dataset) == expected
    assert any(len(users) > 3 for users, _, _ in expected) or max_size == 1


@pytest.mark.parametrize("delays", ALL)
@pytest.mark.parametrize("max_size", [None, 20])
def test_cascades_do_not_depend_on_how_the_work_is_divided(
    delays: Delays, max_size: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = random_graph(60, 300, delays, seed=1)
    whole = rows(simulate_cascades(graph, 50, delays, max_size=max_size, min_size=3))
    monkeypatch.setattr(cascades, "MAX_EVENTS", 7 * 60)
    monkeypatch.setattr(spread, "MAX_TRANSMISSIONS", 10)
    monkeypatch.setattr(steps, "MAX_LINKS", 10)
    monkeypatch.setattr(spread, "MAX_UNSPLIT_FRONT", 2)
    assert rows(simulate_cascades(graph, 50, delays, max_size=max_size, min_size=3)) == whole


def test_parent_is_the_infecting_user() -> None:
    graph = random_graph(40, 200, "exponential")
    key = stream_keys(0, torch.arange(30))
    for number, cascade in enumerate(simulate_cascades(graph, 30)):
        assert cascade.validate()
        assert cascade.parent[0] == 0
        assert cascade.time[0] == 0
        for child in range(1, cascade.num_nodes):
            parent = cascade.parent[child]
            pair = torch.stack([cascade.user[parent], cascade.user[child]])
            between = torch.nonzero((graph.edge_index == pair[:, None]).all(0)).view(-1)
            delay = -uniforms(key[number].expand_as(between), between).log() / graph.edge_weight[between]
            assert parent < child
            assert cascade.time[child] == cascade.time[parent] + delay.min()


def test_parent_comes_first_if_rounding_makes_the_delay_zero() -> None:
    # From user 5 a delay of order 1, then delays of order 1e-300 down to user 0.
    edges = [(user + 1, user, 1.0 if user == 4 else 1e300) for user in range(5)]
    graph = graph_of([*edges, *((b, a, w) for a, b, w in edges[:4])], 6)
    for cascade in simulate_cascades(graph, 5, sources=torch.full((5,), 5)):
        assert cascade.user.tolist() == [5, 4, 3, 2, 1, 0]
        assert cascade.parent.tolist() == [0, 0, 1, 2, 3, 4]
        assert cascade.time[1:].unique().numel() == 1


def test_a_user_is_infected_once_if_two_transmissions_arrive_at_the_same_time() -> None:
    # User 1 after a delay of order 1; the others at the same time to the last bit, user 4 from users 2 and 3.
    graph = graph_of([(0, 1, 1.0), (1, 2, 1e300), (1, 3, 1e300), (2, 4, 1e300), (3, 4, 1e300)], 5)
    for cascade in from_source(graph, 5, "exponential"):
        assert cascade.user.tolist() == [0, 1, 2, 3, 4]
        assert cascade.parent.tolist() == [0, 0, 1, 1, 2]


def test_a_chain_of_500_users_is_infected_in_order() -> None:
    graph = graph_of([(user, user + 1, 1.0) for user in range(499)], 500)
    (cascade,) = from_source(graph, 1, "discrete")
    assert cascade.user.tolist() == list(range(500))
    assert cascade.time.tolist() == list(range(500))


# The arguments -------------------------------------------------------------------------------------------------------


def test_the_seed_decides_the_cascades() -> None:
    graph = random_graph(30, 90, "exponential")
    first, again, other = (rows(simulate_cascades(graph, 20, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_first_cascades_do_not_depend_on_how_many_there_are() -> None:
    graph = random_graph(30, 90, "exponential")
    assert rows(simulate_cascades(graph, 20)) == rows(simulate_cascades(graph, 50))[:20]


@pytest.mark.parametrize("delays", ALL)
def test_horizon_keeps_earlier_infections(delays: Delays) -> None:
    graph = random_graph(40, 150, delays)
    short, long = (rows(simulate_cascades(graph, 30, delays, horizon)) for horizon in (2.0, math.inf))
    for (user, time, parent), (all_user, all_time, all_parent) in zip(short, long, strict=True):
        kept = sum(t <= 2 for t in all_time)
        assert (user, time, parent) == (all_user[:kept], all_time[:kept], all_parent[:kept])
    assert short != long


def test_max_size_keeps_the_first_users_and_logs_it(caplog: pytest.LogCaptureFixture) -> None:
    graph = random_graph(40, 150, "exponential")
    long = rows(simulate_cascades(graph, 30))
    with caplog.at_level(logging.INFO, "graphcascade"):
        short = rows(simulate_cascades(graph, 30, max_size=6, name="made"))
    assert short == [(user[:6], time[:6], parent[:6]) for user, time, parent in long]
    cut = sum(len(user) > 6 for user, _, _ in long)
    assert 0 < cut < 30
    assert caplog.messages == [f"made: cut {cut} cascades to their first 6 users."]


def test_min_size_draws_again_and_logs_it(caplog: pytest.LogCaptureFixture) -> None:
    # From user 0 a pair, from users 1 to 4 nothing: four of five draws are dropped.
    with caplog.at_level(logging.INFO, "graphcascade"):
        dataset = simulate_cascades(graph_of([(0, 1, 1.0)], 5), 1000, min_size=2)
    assert rows(dataset)[0][0] == [0, 1]
    assert len(dataset) == 1000
    assert (dataset.table.size == 2).all()
    (message,) = caplog.messages
    dropped = int(message.split("discarded ")[1].split()[0].replace(",", ""))
    assert dropped == pytest.approx(4000, abs=4 * math.sqrt(1000 * 0.8) / 0.2)
    assert message.endswith("cascades of fewer than 2 users and drew others; kept 1,000.")


def test_min_size_keeps_given_sources() -> None:
    graph = graph_of([(0, 1, 0.3), (2, 1, 0.3)], 3)
    sources = torch.tensor([0, 2, 2, 0, 2])
    dataset = simulate_cascades(graph, 5, "discrete", sources=sources, min_size=2)
    assert [user for user, _, _ in rows(dataset)] == [[0, 1], [2, 1], [2, 1], [0, 1], [2, 1]]


def test_the_dataset_has_the_graph_the_ids_and_the_name() -> None:
    graph = random_graph(30, 90, "exponential")
    dataset = simulate_cascades(graph, 20, user_ids=[f"u{user}" for user in range(30)], name="made")
    assert dataset.true_graph is not None
    assert dataset.true_graph.edge_weight is graph.edge_weight
    assert (dataset.true_graph.delays, dataset.true_graph.horizon) == ("exponential", math.inf)
    assert "delays" not in graph
    assert dataset.user_ids.tolist() == [f"u{user}" for user in range(30)]
    assert dataset.item_ids.tolist() == [str(number) for number in range(20)]
    assert dataset.table.item.tolist() == list(range(20))
    assert not dataset.table.times_absolute
    assert dataset.time_unit is None
    assert dataset.name == "made"
    assert dataset.table.time.dtype == torch.float64
    assert simulate_cascades(graph, 1).user_ids.tolist() == [str(user) for user in range(30)]


def test_weights_may_be_float32() -> None:
    graph = random_graph(30, 90, "exponential")
    graph.edge_weight = graph.edge_weight.float()
    single = rows(simulate_cascades(graph, 20))
    graph.edge_weight = graph.edge_weight.double()
    assert rows(simulate_cascades(graph, 20)) == single


PAIR = graph_of([(0, 1, 0.5)], 2)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"delays": "weibull"}, r"delays='weibull': use one of 'exponential', 'rayleigh', 'power_law', 'discrete'\."),
        ({"num_cascades": 0}, r"num_cascades=0: it must be 1 or more"),
        ({"horizon": -1.0}, r"horizon=-1\.0: it must be 0 or more"),
        ({"horizon": math.nan}, r"horizon=nan: it must be 0 or more"),
        ({"max_size": 0}, r"max_size=0: it must be 1 or more, or None"),
        ({"min_size": 0}, r"min_size=0: it must be from 1 to 2, the number of users"),
        ({"min_size": 3}, r"min_size=3: it must be from 1 to 2, the number of users"),
        (
            {"min_size": 2, "max_size": 1},
            r"min_size=2: it must be from 1 to 1, which is max_size",
        ),
        ({"seed": -1}, r"seed=-1: must be 0 or more"),
        ({"seed": 2**63}, r"less than 2 \*\* 63"),
        ({"user_ids": ["a"]}, r"user_ids: has 1 ids, and the graph has 2 users"),
        (
            {"sources": torch.zeros(3)},
            r"sources: is torch\.float32 of the shape \[3\]; must be int64 of the .* \[2\]",
        ),
        ({"sources": torch.tensor([0, 2])}, r"sources: user 2 is not one of 0 to 1"),
        ({"sources": torch.tensor([0, 1]), "min_size": 2}, r"user 1 in sources has no outgoing edge that transmits"),
    ],
)
def test_invalid_arguments_raise_an_error(kwargs: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        simulate_cascades(PAIR, **{"num_cascades": 2, **kwargs})


@pytest.mark.parametrize(
    ("graph", "delays", "error", "message"),
    [
        (Data(num_nodes=3), "exponential", UsageError, r"graph: needs edge_index"),
        (
            Data(edge_index=torch.tensor([[0], [1]]), num_nodes=2),
            "exponential",
            UsageError,
            r"no edge_weight, which is the rate of transmission.*set graph\.edge_weight",
        ),
        (
            Data(edge_index=torch.tensor([[0], [1]]), edge_weight=torch.ones(1, 1), num_nodes=2),
            "exponential",
            UsageError,
            r"edge_weight has the shape \[1, 1\] and must have \[1\]",
        ),
        (graph_of([(0, 1, 1.0), (2, 0, 1.0)], 2), "exponential", DataError, r"edge 1 is \(2, 0\).*0 to 1"),
        (graph_of([(0, 1, 1.0), (-1, 0, 1.0)], 2), "exponential", DataError, r"edge 1 is \(-1, 0\)"),
        (graph_of([(0, 1, -0.5)], 2), "exponential", DataError, r"weight -0\.5; a rate must be finite and >= 0"),
        (graph_of([(0, 1, 1.0), (1, 0, math.nan)], 2), "rayleigh", DataError, r"edge 1 has the weight nan"),
        (graph_of([(0, 1, math.inf)], 2), "power_law", DataError, r"weight inf"),
        (graph_of([(0, 1, 1.5)], 2), "discrete", DataError, r"weight 1\.5; a probability must be in \[0, 1\]"),
    ],
)
def test_invalid_graphs_raise_an_error(graph: Data, delays: Delays, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        simulate_cascades(graph, 2, delays)


@pytest.mark.parametrize("edges", [[], [(0, 1, 0.0)], [(1, 1, 1.0)]])
def test_min_size_without_edges_raises_an_error(edges: list[tuple[int, int, float]]) -> None:
    with pytest.raises(UsageError, match=r"min_size=2: the graph has no edge that transmits"):
        simulate_cascades(graph_of(edges, 2), 2, min_size=2)


def test_a_min_size_that_is_too_rare_raises_an_error() -> None:
    with pytest.raises(
        UsageError, match=r"min_size=3: of 10,\d\d\d simulated cascades, only 0 reached this size; lower"
    ):
        simulate_cascades(graph_of([(0, 1, 0.5)], 3), 20, min_size=3)


def test_a_min_size_that_one_source_cannot_have_raises_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cascades, "MAX_TRIES", 50)
    graph = graph_of([(0, 1, 1.0), (1, 2, 1.0)], 3)
    with pytest.raises(UsageError, match=r"min_size=3: of 51 simulated cascades, only 1 reached this size"):
        simulate_cascades(graph, 2, "discrete", sources=torch.tensor([0, 1]), min_size=3)


def test_several_sources_start_a_cascade_together() -> None:
    """On a path of certain links, every user has the time of the nearest source before it."""
    path = Data(edge_index=torch.tensor([[0, 1, 2, 3], [1, 2, 3, 4]]), edge_weight=torch.ones(4), num_nodes=5)
    dataset = simulate_cascades(path, 3, "discrete", sources=torch.tensor([[3, 0]]).expand(3, -1))
    for cascade in dataset:
        assert cascade.user[:2].tolist() == [3, 0]
        senders = cascade.user[cascade.parent].tolist()
        found = dict(zip(cascade.user.tolist(), zip(cascade.time.tolist(), senders, strict=True), strict=True))
        assert found == {3: (0, 3), 0: (0, 0), 4: (1, 3), 1: (1, 0), 2: (2, 1)}
        assert cascade.validate()
    with pytest.raises(UsageError, match="each named once"):
        simulate_cascades(path, 1, "discrete", sources=torch.tensor([[1, 1]]))
    with pytest.raises(UsageError, match="user 4 in sources has no outgoing edge"):
        simulate_cascades(path, 1, "discrete", sources=torch.tensor([[4]]), min_size=2)
    large = simulate_cascades(path, 1, "discrete", sources=torch.tensor([[4, 3]]), min_size=2, max_size=2)
    assert large[0].user.tolist() == [4, 3]
