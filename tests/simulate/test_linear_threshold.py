import math

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset
from graphcascade.errors import DataError, UsageError
from graphcascade.simulate import cascades, simulate_cascades, steps
from graphcascade.simulate.uniforms import stream_keys, uniforms
from tests.analysis.exact_spread import exact_spread, live_edge_graphs

MODEL = "linear_threshold"


def graph_of(edges: list[tuple[int, int, float]], num_nodes: int) -> Data:
    return Data(
        edge_index=torch.tensor([edge[:2] for edge in edges]).t(),
        edge_weight=torch.tensor([edge[2] for edge in edges], dtype=torch.float64),
        num_nodes=num_nodes,
    )


def random_graph(num_nodes: int, num_edges: int, seed: int = 0) -> Data:
    """Returns a graph with unordered edges, loops, parallel edges, weights of 0, and sums of weights up to 1."""
    generator = torch.Generator().manual_seed(seed)
    edge_index = torch.randint(num_nodes, (2, num_edges), generator=generator)
    weight = torch.rand(num_edges, generator=generator, dtype=torch.float64)
    weight[::7] = 0
    total = torch.bincount(edge_index[1], weight, minlength=num_nodes)
    share = torch.rand(num_nodes, generator=generator, dtype=torch.float64).sqrt()
    return Data(edge_index=edge_index, edge_weight=weight * (share / total)[edge_index[1]], num_nodes=num_nodes)


# Users 1 and 2 follow user 0, user 3 follows both and user 4, who follows user 3.
SMALL = graph_of([(0, 1, 0.6), (0, 2, 0.9), (1, 3, 0.5), (2, 3, 0.2), (4, 3, 0.3), (3, 4, 0.7), (1, 2, 0.1)], 5)


def literal(
    graph: Data, number: int, sources: list[int] | None, horizon: float, max_size: int | None, seed: int
) -> tuple[list[int], list[float], list[int]]:
    """Simulates a cascade by plain loops over users and edges, with the same random numbers."""
    key = stream_keys(seed, torch.tensor([number]))

    def random(index: int) -> float:
        return float(uniforms(key, torch.tensor([index])))

    links = [(u, v, float(w)) for (u, v), w in zip(graph.edge_index.t().tolist(), graph.edge_weight, strict=True)]
    users = [int(random(-1) * graph.num_nodes)] if sources is None else list(sources)
    times, parents, last, step = [0.0] * len(users), list(range(len(users))), set(users), 0
    while last and step < horizon:
        step += 1
        new = []
        for v in set(range(graph.num_nodes)) - set(users):
            if sum(w for u, to, w in links if to == v and u in users) >= random(-2 - v):
                race = [
                    (-math.log(random(edge)) / w, u)
                    for edge, (u, to, w) in enumerate(links)
                    if to == v and u in last and w > 0
                ]
                new.append((*min(race), v))
        last = {v for _, _, v in new}
        for _, u, v in sorted(new):
            parents.append(users.index(u))
            times.append(step)
            users.append(v)
    return users[:max_size], times[:max_size], parents[:max_size]


def rows(dataset: CascadeDataset) -> list[tuple[list[int], list[float], list[int]]]:
    return [(c.user.tolist(), c.time.tolist(), c.parent.tolist()) for c in dataset]


@pytest.mark.parametrize(("horizon", "max_size"), [(math.inf, None), (2, None), (math.inf, 6), (3.5, 1), (0, None)])
@pytest.mark.parametrize("sources", [None, [7, 3, 11]])
def test_cascades_equal_those_of_plain_loops(horizon: float, max_size: int | None, sources: list[int] | None) -> None:
    graph = random_graph(40, 150)
    given = None if sources is None else torch.tensor(sources).expand(25, -1)
    dataset = simulate_cascades(graph, 25, None, horizon, given, max_size, seed=9, model=MODEL)
    expected = [literal(graph, number, sources, horizon, max_size, seed=9) for number in range(25)]
    assert rows(dataset) == expected
    assert max(len(users) for users, _, _ in expected) > 4 or max_size == 1 or horizon == 0


@pytest.mark.parametrize("steps", [1, 2, math.inf])
@pytest.mark.parametrize("seeds", [[0], [1, 4], [3]])
def test_the_mean_size_is_the_exact_spread(steps: float, seeds: list[int]) -> None:
    dataset = simulate_cascades(
        SMALL, 20_000, horizon=steps, sources=torch.tensor(seeds).expand(20_000, -1), model=MODEL
    )
    size = dataset.table.size.double()
    exact = exact_spread(SMALL, seeds, MODEL, steps)
    assert float(size.mean()) == pytest.approx(exact, abs=4 * float(size.std()) / math.sqrt(20_000) + 1e-9)


def test_users_have_the_times_and_parents_of_live_edges() -> None:
    """How often each link infects in each step is the probability that it does in a random live-edge graph."""
    count = 20_000
    table = simulate_cascades(SMALL, count, sources=torch.zeros(count, dtype=torch.long), model=MODEL).table
    parent = table.user[table.ptr[:-1].repeat_interleave(table.size) + table.parent]
    found: dict[tuple[int, int, int], float] = {}
    for link in zip(parent.tolist(), table.user.tolist(), table.time.long().tolist(), strict=True):
        found[link] = found.get(link, 0) + 1 / count
    expected: dict[tuple[int, int, int], float] = {}
    for chance, links in live_edge_graphs(SMALL, MODEL):
        front, step, reached = [(0, 0)], 0, {0}
        while front:
            for link in front:
                expected[(*link, step)] = expected.get((*link, step), 0) + chance
            step += 1
            front = [(u, v) for u, v in links if u in {child for _, child in front} and v not in reached]
            reached |= {v for _, v in front}
    for link in found.keys() | {link for link, chance in expected.items() if chance > 0.01}:
        chance = expected[link]
        assert found[link] == pytest.approx(chance, abs=4 * math.sqrt(chance / count))


def test_cascades_do_not_depend_on_how_the_work_is_divided(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = random_graph(60, 400, seed=1)
    settings = {"max_size": 20, "min_size": 3, "model": MODEL}
    whole = rows(simulate_cascades(graph, 50, **settings))
    assert (
        rows(simulate_cascades(graph, 30, **settings | {"min_size": 1}))
        == rows(simulate_cascades(graph, 50, **settings | {"min_size": 1}))[:30]
    )
    monkeypatch.setattr(cascades, "WORKSPACE", 7 * 60 * 8)
    monkeypatch.setattr(steps, "MAX_LINKS", 10)
    assert rows(simulate_cascades(graph, 50, **settings)) == whole


def test_users_who_adopt_in_the_same_step_are_in_random_order() -> None:
    star = graph_of([(0, user, 1.0) for user in range(1, 5)], 5)
    dataset = simulate_cascades(star, 8000, sources=torch.zeros(8000, dtype=torch.long), max_size=2, model=MODEL)
    first = torch.bincount(dataset.table.user, minlength=5)[1:]
    assert ((first - 2000) ** 2 / 2000).sum() < 11.3  # chi-square, 3 degrees of freedom, level 1 %
    assert dataset.table.cut is not None
    assert bool(dataset.table.cut.all())


def test_weights_above_one_are_an_error_or_are_normalized() -> None:
    graph = graph_of([(0, 2, 1.5), (1, 2, 0.5), (2, 1, 0.4), (2, 2, 9.0)], 3)
    message = r"graph: the weights of the links to user 'eve' sum to 2; in the .* above 1, with normalize=True\.$"
    with pytest.raises(DataError, match=message):
        simulate_cascades(graph, 5, user_ids=["ann", "bob", "eve"], model=MODEL)
    with pytest.raises(DataError, match="links to user '2' sum"):
        simulate_cascades(graph, 5, model=MODEL)
    divided = graph_of([(0, 2, 0.75), (1, 2, 0.25), (2, 1, 0.4)], 3)
    dataset = simulate_cascades(graph, 500, model=MODEL, normalize=True)
    assert rows(dataset) == rows(simulate_cascades(divided, 500, model=MODEL))
    assert dataset.true_graph is not None
    assert dataset.true_graph.edge_weight.tolist()[:3] == [0.75, 0.25, 0.4]


def test_sums_of_rounded_weights_may_be_one() -> None:
    edges = torch.tensor([[0, 1, 2, 3, 4, 5], [6, 6, 6, 6, 6, 6]])
    weight = torch.full((6,), 1 / 6) * (1 + 1e-7)
    graph = Data(edge_index=edges, edge_weight=weight, num_nodes=7)
    assert float(weight.double().sum()) > 1
    dataset = simulate_cascades(graph, 200, sources=torch.arange(6).expand(200, -1), model=MODEL)
    assert dataset.table.size.tolist() == [7] * 200


def test_the_dataset_has_steps_and_shares() -> None:
    graph = SMALL.clone()
    graph.delays, graph.time_unit, graph.horizon, graph.min_delay = "discrete", "h", 0.5, 0.1
    dataset = simulate_cascades(graph, 5, model=MODEL)
    table, network = dataset.table, dataset.true_graph
    assert (table.delays, table.time_unit, table.horizon) == (None, None, math.inf)
    assert network is not None
    assert (network.weight_is, network.horizon) == ("share", math.inf)
    assert not {"delays", "time_unit", "min_delay"} & set(network.keys())
    assert "delays" in graph
    again = simulate_cascades(network, 5, model=MODEL)
    assert rows(again) == rows(dataset)
    with pytest.raises(UsageError, match=r"the weight of its edges is a share.*model='linear_threshold'"):
        simulate_cascades(network, 5)


def test_the_model_and_the_delays_say_the_same() -> None:
    discrete = rows(simulate_cascades(SMALL, 30, "discrete"))
    assert rows(simulate_cascades(SMALL, 30, model="independent_cascade")) == discrete
    exponential = rows(simulate_cascades(SMALL, 30))
    assert rows(simulate_cascades(SMALL, 30, model="continuous_time")) == exponential


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"delays": "discrete"}, r"delays='discrete': has no effect on the model 'linear_threshold'"),
        ({"model": "sir"}, r"model='sir': use one of 'independent_cascade', 'linear_threshold'"),
        ({"model": None, "normalize": True}, r"normalize=True: has no effect on the model 'continuous_time'"),
        ({"model": "independent_cascade", "delays": "rayleigh"}, r"delays='rayleigh': does not fit the model"),
        ({"user_ids": ["ann"]}, r"user_ids: has 1 ids"),
    ],
)
def test_invalid_arguments_raise_an_error(kwargs: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        simulate_cascades(SMALL, 2, **{"model": MODEL, **kwargs})


def test_invalid_weights_raise_an_error() -> None:
    with pytest.raises(DataError, match=r"edge 0 has the weight -0.5; it must be finite and >= 0"):
        simulate_cascades(graph_of([(0, 1, -0.5)], 2), 2, model=MODEL)
    unknown = SMALL.clone()
    unknown.delays = "weibull"
    with pytest.raises(UsageError, match="graph: its weights are parameters of 'weibull' delays, which are unknown"):
        simulate_cascades(unknown, 2)
