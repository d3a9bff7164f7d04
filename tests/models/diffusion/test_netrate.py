from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.analysis import predict_social_links
from graphcascade.data import CascadeDataset
from graphcascade.errors import DataError, UsageError
from graphcascade.models import MODELS, Netrate, load_model, save_model
from graphcascade.models.diffusion import Transmissions, transmissions
from graphcascade.models.diffusion.transmissions import truncate_at_horizon
from graphcascade.simulate import cyan_cascades, simulate_cascades
from graphcascade.simulate.delays import DELAYS
from tests.models.small_data import dataset_of, random_dataset

USERS = 6
FAMILIES = ["exponential", "rayleigh", "power_law"]
# With ties, a tie with the source, a single user, and a pair in both directions and several times.
CASCADES = [[0, 1, 2, 3], [1, 0, 4], [2, 0, 1, 5], [5], [3, 2], [0, 1, 2]]
TIMES = [[0, 1.5, 4, 4], [10, 10, 13], [7, 9, 9, 15.5], [3], [1, 8], [20, 21.2, 25]]
DATA = dataset_of(CASCADES, USERS, TIMES)


def hazard(family: str, delay: float) -> float:
    if family == "power_law":
        return 1 / delay if delay > 1 else 0.0
    return 1.0 if family == "exponential" else delay


def exposure(family: str, delay: float) -> float:
    if family == "power_law":
        return math.log(max(delay, 1))
    return delay if family == "exponential" else delay**2 / 2


def reference_step(
    family: str, rate: dict[tuple[int, int], float], horizon: float
) -> tuple[float, dict[tuple[int, int], float]]:
    """Returns the log-likelihood and the rates after one step, in plain loops."""
    likelihood, share, exposed = 0.0, dict.fromkeys(rate, 0.0), dict.fromkeys(rate, 0.0)
    for users, times in zip(CASCADES, TIMES, strict=True):
        for v in range(USERS):
            end = times[users.index(v)] if v in users else times[0] + horizon
            before = [(u, t) for u, t in zip(users, times, strict=True) if t < end and u != v]
            for u, t in before:
                likelihood -= rate.get((u, v), 0.0) * exposure(family, end - t)
                if (u, v) in rate:
                    exposed[u, v] += exposure(family, end - t)
            flow = {(u, v): rate.get((u, v), 0.0) * hazard(family, end - t) for u, t in before}
            if v in users and sum(flow.values()) > 0:
                likelihood += math.log(sum(flow.values()))
                for pair, value in flow.items():
                    if value > 0:
                        share[pair] += value / sum(flow.values())
    return likelihood, {pair: share[pair] / exposed[pair] for pair in rate}


@pytest.mark.parametrize("family", FAMILIES)
def test_likelihood_and_one_step_match_plain_loops(family: Any) -> None:
    table, end = truncate_at_horizon(DATA, None)
    assert end.tolist() == [8.5] * len(CASCADES)
    possible = Transmissions.from_table(table, end, DELAYS[family])
    pairs = [(int(u), int(v)) for u, v in possible.edge_index.T]
    assert pairs == sorted(set(pairs))
    weight = torch.rand(len(pairs), dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 0.1
    rate = dict(zip(pairs, weight.tolist(), strict=True))
    likelihood, after = reference_step(family, rate, 8.5)
    intensity, share = possible.attribute(weight)
    assert possible.log_likelihood(weight, intensity) == pytest.approx(likelihood, rel=1e-12)
    assert (possible.sum_by_edge(share) / possible.exposure).tolist() == pytest.approx(list(after.values()), rel=1e-12)
    assert possible.num_infections + possible.num_roots == sum(len(users) - 1 for users in CASCADES)
    assert possible.num_roots == 1  # at the same time as its source


def test_transmissions_can_be_restricted_to_some_edges() -> None:
    table, end = truncate_at_horizon(DATA, None)
    whole = Transmissions.from_table(table, end, DELAYS["exponential"])
    some = table.select(torch.tensor([1, 4]))
    part = Transmissions.from_table(some, end[:2], DELAYS["exponential"], edge_index=whole.edge_index)
    alone = Transmissions.from_table(some, end[:2], DELAYS["exponential"])
    place = [whole.edge_index.T.tolist().index(pair) for pair in alone.edge_index.T.tolist()]
    assert part.exposure[place].tolist() == pytest.approx(alone.exposure.tolist())
    ones = torch.ones_like(part.hazard)
    assert part.sum_by_edge(ones)[place].equal(alone.sum_by_edge(ones))
    assert part.num_infections == alone.num_infections
    kept = torch.arange(whole.exposure.numel()) % 2 == 0
    fewer = whole.select_edges(kept)
    assert fewer.sum_by_edge(fewer.hazard).equal(whole.sum_by_edge(whole.hazard)[kept])
    assert fewer.num_infections + fewer.num_roots == whole.num_infections + whole.num_roots


@pytest.mark.parametrize("family", FAMILIES)
def test_transmissions_to_some_users_are_a_part_of_all(family: Any) -> None:
    data = random_dataset([5, 6, 4, 6, 3, 5, 2, 1] * 4, USERS + 2, seed=3)
    table, end = truncate_at_horizon(data, None)
    whole = Transmissions.from_table(table, end, DELAYS[family], 0.3)
    targets = torch.tensor([True, False, True, True, False, False, True, False])
    parts = [Transmissions.from_table(table, end, DELAYS[family], 0.3, targets=each) for each in (targets, ~targets)]
    assert sum(part.num_infections for part in parts) == whole.num_infections
    assert sum(part.num_roots for part in parts) == whole.num_roots
    weight = torch.rand(whole.exposure.numel(), dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for part, each in zip(parts, (targets, ~targets), strict=True):
        own = each[whole.edge_index[1]]
        assert part.edge_index.equal(whole.edge_index[:, own])
        torch.testing.assert_close(part.exposure, whole.exposure[own])
        share = whole.sum_by_edge(whole.attribute(weight)[1])[own]
        torch.testing.assert_close(part.sum_by_edge(part.attribute(weight[own])[1]), share)
    # Transmissions are in the order of v, then infection, and so are infections.
    assert bool((whole.infection.diff() >= 0).all())
    assert bool((whole.edge_index[1][whole.edge].diff() >= 0).all())


@pytest.mark.parametrize("family", FAMILIES)
def test_the_likelihood_increases_to_a_maximum(family: Any) -> None:
    data = random_dataset([5, 6, 4, 6, 3, 5, 2] * 4, 8, seed=3)
    model = Netrate(family, tolerance=0.0, max_iterations=3000)
    graph = model.fit(data).graph
    trace = torch.tensor(model.log_likelihood, dtype=torch.float64)
    assert bool((trace.diff() >= -1e-9).all())
    assert trace.numel() > 10
    assert graph.edge_weight.dtype == torch.float64
    # At the maximum the derivative with respect to each rate is 0, or below 0 if the rate is 0.
    table, end = truncate_at_horizon(data, None)
    unit = 1.0
    if family == "power_law":
        between = torch.cat([data[k].time.diff() for k in range(len(data))])
        unit = float(between.min()) / 2
    possible = Transmissions.from_table(table, end, DELAYS[family], unit)
    rate = torch.zeros(8, 8, dtype=torch.float64)
    rate[graph.edge_index[0], graph.edge_index[1]] = graph.edge_weight
    rate = rate[possible.edge_index[0], possible.edge_index[1]]
    intensity, _ = possible.attribute(rate)
    slope = possible.sum_by_edge(possible.hazard / intensity[possible.infection]) / possible.exposure - 1
    assert bool((slope < 0.02).all())
    assert bool((slope[rate * possible.exposure > 0.05].abs() < 0.01).all())


def test_the_fit_converges_if_rates_slowly_approach_zero() -> None:
    data = cyan_cascades("core-periphery", "exponential", num_cascades=2000, seed=5)
    model, longer = Netrate(), Netrate(tolerance=0.0, max_iterations=3000)
    graph = model.fit(data).graph
    longer.fit(data)
    assert model.log_likelihood[-1] == pytest.approx(longer.log_likelihood[-1], abs=0.1)
    assert len(model.log_likelihood) < 200  # without extrapolation a thousand steps are needed
    pruned = Netrate(prune=True).fit(data).graph
    assert pruned.num_edges < graph.num_edges - 20
    assert f1(pruned.edge_index, data.true_graph.edge_index, 32) > 0.97


def test_the_rate_of_one_edge_has_a_closed_form() -> None:
    data = dataset_of([[0, 1], [0, 1], [0]], 2, [[0, 2], [5, 9], [3]])
    exponential = Netrate(horizon=10).fit(data).graph
    assert exponential.edge_index.tolist() == [[0], [1]]
    assert exponential.edge_weight.tolist() == pytest.approx([2 / (2 + 4 + 10)])
    assert exponential.num_nodes == 2
    rayleigh = Netrate("rayleigh", horizon=10).fit(data).graph
    assert rayleigh.edge_weight.tolist() == pytest.approx([2 / ((4 + 16 + 100) / 2)])
    power = Netrate("power_law", horizon=10, min_delay=0.5).fit(data).graph
    assert power.edge_weight.tolist() == pytest.approx([2 / math.log(4 * 8 * 20)])
    assert Netrate("power_law", horizon=10).fit(data).graph.edge_weight.tolist() == pytest.approx(
        [2 / math.log(2 * 4 * 10)]
    )
    late = Netrate(horizon=3).fit(data).graph  # the second infection is after the horizon
    assert late.edge_weight.tolist() == pytest.approx([1 / (2 + 3 + 3)])
    cut = dataset_of([[0, 1], [0, 1], [0]], 2, [[0, 2], [5, 9], [3]], cut=torch.tensor([False, False, True]))
    assert Netrate(horizon=10).fit(cut).graph.edge_weight.tolist() == pytest.approx([2 / (2 + 4)])


def f1(inferred: torch.Tensor, true: torch.Tensor, num_users: int) -> float:
    inferred_edges, true_edges = (set((edge[0] * num_users + edge[1]).tolist()) for edge in (inferred, true))
    return 2 * len(inferred_edges & true_edges) / (len(inferred_edges) + len(true_edges))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_fit_recovers_the_network_of_a_simulation(family: Any) -> None:
    generator = torch.Generator().manual_seed(5)
    users = 24
    pairs = torch.randperm(users * users, generator=generator)
    pairs = pairs[pairs // users != pairs % users][:60]
    weight = torch.rand(60, generator=generator, dtype=torch.float64) + 0.5
    true = Data(edge_index=torch.stack([pairs // users, pairs % users]), edge_weight=weight, num_nodes=users)
    data = simulate_cascades(true, 3000, family, horizon=2.0 if family != "power_law" else 4.0, seed=1)
    arguments = {"min_delay": 1.0} if family == "power_law" else {}
    graph = Netrate(family, prune=True, **arguments).fit(data).graph
    assert f1(graph.edge_index, true.edge_index, users) >= 0.95
    rate = torch.zeros(users, users, dtype=torch.float64)
    rate[graph.edge_index[0], graph.edge_index[1]] = graph.edge_weight
    estimated = rate[true.edge_index[0], true.edge_index[1]]
    error = (estimated / weight - 1)[estimated > 0]
    assert float(error.abs().median()) < 0.1


def test_the_strongest_edge_is_the_closest_user() -> None:
    graph = Netrate(horizon=10).fit(dataset_of([[0, 1, 2], [0, 1], [0, 1]], 3, [[0, 1, 9], [0, 1], [0, 1]])).graph
    follows = Data(edge_index=torch.tensor([[0], [1]]), num_nodes=3)
    links = predict_social_links(graph, follows)
    assert (links.users, links.accuracy) == (2, 0.5)  # users 0 and 1 infect somebody, 1 has no follower


def test_bad_input_raises_an_error() -> None:
    with pytest.raises(
        UsageError, match=r"Netrate\(delays='discrete'\): must be one of 'exponential', 'rayleigh', 'power_law'"
    ):
        Netrate("discrete")  # type: ignore[arg-type]
    for arguments, message in (
        ({"max_iterations": 0}, "max_iterations=0"),
        ({"tolerance": -1.0}, "tolerance=-1.0"),
        ({"min_delay": 1.0}, r"min_delay=1.0\): has no effect on exponential delays"),
        ({"min_delay": 0.0, "delays": "power_law"}, "min_delay=0.0"),
    ):
        with pytest.raises(UsageError, match=message):
            Netrate(**arguments)
    with pytest.raises(UsageError, match="horizon=-1"):
        Netrate(horizon=-1).fit(DATA)
    with pytest.raises(UsageError, match="Netrate was not trained yet"):
        _ = Netrate().graph
    same = dataset_of([[0, 1], [2, 0]], 3, [[4, 4], [7, 7]])
    alone = dataset_of([[0], [1]], 3)
    for data in (same, alone):
        with pytest.raises(DataError, match="in no cascade is a user infected later than another"):
            Netrate().fit(data)
    with pytest.raises(DataError, match="leave no infection to learn from"):
        Netrate(horizon=0.5).fit(dataset_of([[0, 1]], 2))
    with pytest.raises(DataError, match="leave no infection to learn from"):
        Netrate("power_law", min_delay=50).fit(DATA)


@pytest.mark.parametrize(("name", "arguments"), [("Netrate", {}), ("Infopath", {"batch_size": 1}), ("EmbeddedIC", {})])
def test_too_many_pairs_raise_an_error(monkeypatch: pytest.MonkeyPatch, name: str, arguments: dict[str, int]) -> None:
    monkeypatch.setattr(transmissions, "MAX_PAIRS", 9)
    data = dataset_of([[0, 1, 2, 3], [0, 1, 2], [3, 1]], 4)
    with pytest.raises(DataError, match=r"hold 10 pairs of events, .* at most 9 .*longest has 4 events"):
        MODELS[name](**arguments).fit(data)
    MODELS[name](**arguments).fit(data[:2])


def test_the_memory_of_many_pairs_is_logged(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    data = dataset_of([[0, 1, 2, 3], [0, 1, 2], [3, 1]], 4)
    with caplog.at_level("INFO", "graphcascade"):
        Netrate().fit(data)
        assert "pairs of events" not in caplog.text
        monkeypatch.setattr(transmissions, "MANY_PAIRS", 9)
        Netrate().fit(data)
    assert "10 pairs of events take about 0.0 GB of memory" in caplog.text


def test_one_cascade_of_8000_users_raises_an_error() -> None:
    with pytest.raises(DataError, match=r"hold 31,996,000 pairs .* at most 10,000,000 \(about 2 GB of memory\)"):
        Netrate().fit(dataset_of([list(range(8000))], 8000))


def test_the_test_part_of_a_split_raises_an_error() -> None:
    data: CascadeDataset = random_dataset([3] * 20, 8)
    train, _, test = data.splits("random")
    with pytest.raises(UsageError, match="this is the test part of a split"):
        Netrate().fit(test)
    model = Netrate()
    model.fit(train)
    assert model.split == train.split
    assert model.seen.equal(train.seen)
    assert model.num_users == 8


def test_the_graph_has_the_attributes_of_its_weights(tmp_path: Path) -> None:
    data = dataset_of([[0, 1, 2], [1, 2], [0, 2]], 3)
    longest = float(max(cascade.time[-1] - cascade.time[0] for cascade in data))
    table = replace(data.table, time_unit="min")
    graph = Netrate().fit(CascadeDataset(table)).graph
    assert (graph.delays, graph.time_unit, graph.horizon) == ("exponential", "min", longest)
    assert "min_delay" not in graph
    longer = Netrate("rayleigh").fit(CascadeDataset(replace(table, horizon=50.0))).graph
    assert (longer.delays, longer.horizon) == ("rayleigh", 50.0)
    assert Netrate(horizon=70.0).fit(data).graph.horizon == 70.0
    assert "time_unit" not in Netrate().fit(data).graph
    power = Netrate("power_law", min_delay=0.25)
    power.fit(CascadeDataset(table))
    assert power.graph.min_delay == 0.25
    again = load_model(save_model(power, tmp_path / "model.safetensors"))
    facts = ("delays", "time_unit", "horizon", "min_delay")
    assert {name: again.graph[name] for name in facts} == {name: power.graph[name] for name in facts}
    state = {name: value for name, value in power.state_dict().items() if name != "observation"}
    earlier = Netrate("power_law", min_delay=0.25)
    earlier.load_state_dict(state)  # as in a file that was saved before networks had a horizon
    assert "horizon" not in earlier.graph


@pytest.mark.parametrize("delays", ["exponential", "rayleigh"])
def test_cascades_on_the_inferred_network_are_as_long_as_the_data(delays: Any) -> None:
    data = cyan_cascades("core-periphery", delays, num_cascades=1500)
    graph = Netrate(delays).fit(data).graph
    simulated = simulate_cascades(graph, 1500, min_size=2, seed=1)
    expected, actual = (float(cascades.table.size.double().mean()) for cascades in (data, simulated))
    assert actual == pytest.approx(expected, rel=0.05)  # the standard error of each mean is about 1 percent
