import math

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.errors import UsageError
from graphcascade.simulate import simulate_cascades, with_time_unit


def network(delays: str, **facts: object) -> Data:
    edges = torch.tensor([[0, 1, 0], [1, 2, 2]])
    return Data(edge_index=edges, edge_weight=torch.tensor([0.5, 0.25, 0.125]), num_nodes=3, delays=delays, **facts)


def test_rates_and_horizon_are_converted_to_another_unit() -> None:
    # A rate of 0.5 a minute is one of 30 an hour; Rayleigh's weight is per squared minute.
    minutes = network("exponential", time_unit="min", horizon=120.0)
    hours = with_time_unit(minutes, "h")
    assert hours.edge_weight.tolist() == [30.0, 15.0, 7.5]
    assert (hours.horizon, hours.time_unit) == (2.0, "h")
    assert (minutes.edge_weight.tolist(), minutes.time_unit) == ([0.5, 0.25, 0.125], "min")
    rayleigh = with_time_unit(network("rayleigh", time_unit="min"), "h")
    assert rayleigh.edge_weight.tolist() == [1800.0, 900.0, 450.0]
    power = with_time_unit(network("power_law", time_unit="min", min_delay=30.0), "h")
    assert (power.edge_weight.tolist(), power.min_delay) == ([0.5, 0.25, 0.125], 0.5)


@pytest.mark.parametrize("delays", ["exponential", "rayleigh", "power_law"])
def test_cascades_are_the_same_in_another_unit(delays: str) -> None:
    facts = {"min_delay": 6.0} if delays == "power_law" else {}
    minutes = network(delays, time_unit="min", horizon=90.0, **facts)
    first = simulate_cascades(minutes, 200, seed=3).table
    again = simulate_cascades(with_time_unit(minutes, "h"), 200, seed=3).table
    assert (first.time_unit, again.time_unit) == ("min", "h")
    assert (first.horizon, again.horizon) == (90.0, 1.5)
    assert again.user.equal(first.user)
    torch.testing.assert_close(again.time * 60, first.time)


def test_a_network_without_a_unit_gets_one() -> None:
    named = with_time_unit(network("exponential", horizon=3.0), "d")
    assert (named.time_unit, named.horizon, named.edge_weight.tolist()) == ("d", 3.0, [0.5, 0.25, 0.125])
    with pytest.raises(UsageError, match="time_unit='week': use one of ns, us"):
        with_time_unit(named, "week")


def test_facts_of_the_network_are_defaults_of_the_simulation() -> None:
    graph = network("rayleigh", horizon=2.0, time_unit="h")
    table = simulate_cascades(graph, 100).table
    assert (table.delays, table.horizon, table.time_unit) == ("rayleigh", 2.0, "h")
    assert table.time.max() <= 2.0
    assert simulate_cascades(graph, 100, horizon=1.0).table.horizon == 1.0
    assert simulate_cascades(network("exponential"), 5).table.horizon == math.inf
    with pytest.raises(
        UsageError, match="delays='exponential': the weights of the graph are parameters of rayleigh delays"
    ):
        simulate_cascades(graph, 100, "exponential")
    counts = Data(edge_index=graph.edge_index, edge_weight=graph.edge_weight, num_nodes=3, weight_is="count")
    with pytest.raises(UsageError, match="the weight of its edges is a count, neither a probability nor a rate"):
        simulate_cascades(counts, 100)


def test_power_law_delays_are_in_units_of_the_shortest_one() -> None:
    table = simulate_cascades(network("power_law", min_delay=10.0, horizon=1e6), 300).table
    later = table.time > 0
    assert 10.0 < table.time[later].min() < 12.0


def test_cascades_that_end_at_once_are_reported(caplog: pytest.LogCaptureFixture) -> None:
    slow = network("exponential")
    slow.edge_weight = slow.edge_weight * 1e-6
    simulate_cascades(slow, 300, horizon=100.0)  # of 300 sources about 200 have links; nobody gets further
    assert (
        "ended with the source alone at the horizon of 100, where half of the links take 2.77e+06 or more"
        in caplog.text
    )
    assert "check that it has the unit of the weights" in caplog.text
    with pytest.raises(UsageError, match=r"raise the horizon \(100, where half of the links take 2\.77e\+06 or more\)"):
        simulate_cascades(slow, 300, horizon=100.0, min_size=2)
    caplog.clear()
    simulate_cascades(network("exponential"), 300, horizon=100.0)  # a third ends at once: the last user has no links
    assert "alone" not in caplog.text
