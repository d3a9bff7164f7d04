import logging

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.simulate import RANDOM, cyan_cascades, kronecker_graph


@pytest.mark.parametrize("network", ["core-periphery", "random"])
@pytest.mark.parametrize("delays", ["exponential", "rayleigh"])
def test_the_four_sets_have_the_sizes_of_the_paper(network: str, delays: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "graphcascade"):
        dataset = cyan_cascades(network, delays, num_cascades=500)
    table = dataset.table
    assert (len(dataset), dataset.num_users) == (500, 32)
    assert table.size.min() >= 2
    assert table.time.max() <= 100
    assert len(caplog.messages) == 1
    assert "cascades of fewer than 2 users and drew others; kept 500." in caplog.text
    assert dataset.name == f"CYAN-RNN {network}, {delays}"


def weights(**kwargs: object) -> torch.Tensor:
    """Returns the weights of the edges of 30 networks."""
    sets = [cyan_cascades("random", num_cascades=1, network_seed=seed, **kwargs) for seed in range(30)]
    return torch.cat([dataset.true_graph.edge_weight for dataset in sets])


def test_parameters_of_the_edges_have_their_distribution() -> None:
    rate = weights(delays="exponential")
    log_rate = rate.log10()  # uniform on [-2, 1]: mean -0.5, deviation sqrt(3) / 2
    n = rate.numel()
    assert rate.min() >= 0.00999
    assert rate.max() <= 10.001
    assert log_rate.mean().item() == pytest.approx(-0.5, abs=3 * 0.866 / n**0.5)
    assert log_rate.std().item() == pytest.approx(0.866, rel=0.06)
    for values in (weights(delays="exponential", rates="uniform"), weights(delays="rayleigh") ** -0.5):
        # Uniform on [0.01, 10].
        assert values.min() >= 0.00999
        assert values.max() <= 10.001
        assert values.mean().item() == pytest.approx(5.005, abs=3 * 2.884 / n**0.5)
        assert values.std().item() == pytest.approx(2.884, rel=0.06)


def test_network_and_cascades_have_a_seed_each() -> None:
    first = cyan_cascades("random", num_cascades=50, network_seed=3, seed=1)
    again = cyan_cascades("random", num_cascades=50, network_seed=3, seed=1)
    other = cyan_cascades("random", num_cascades=50, network_seed=3, seed=2)
    graph = first.true_graph
    assert graph is not None
    assert torch.equal(graph.edge_index, kronecker_graph(RANDOM, 5, seed=3).edge_index)
    assert torch.equal(first.table.time, again.table.time)
    assert other.true_graph is not None
    assert torch.equal(graph.edge_weight, other.true_graph.edge_weight)
    assert first.table.time.tolist() != other.table.time.tolist()
    assert graph.num_edges != cyan_cascades("random", num_cascades=1, network_seed=4).true_graph.num_edges


def test_delays_and_rates_can_be_chosen() -> None:
    dataset = cyan_cascades(num_cascades=300, horizon=5.0, min_size=1, max_size=4)
    assert dataset.table.size.min() == 1
    assert dataset.table.size.max() == 4
    assert dataset.table.time.max() <= 5


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"network": "ring"}, r"network='ring': use 'core-periphery' or 'random'"),
        ({"delays": "discrete"}, r"delays='discrete': use 'exponential' or 'rayleigh'"),
        ({"rates": "log"}, r"rates='log': use 'log-uniform' or 'uniform'"),
    ],
)
def test_unknown_names_raise_an_error(kwargs: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        cyan_cascades(**kwargs)
