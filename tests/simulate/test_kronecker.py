import numpy as np
import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.simulate import CORE_PERIPHERY, RANDOM, kronecker_graph
from graphcascade.simulate.kronecker import _arrangements, _classes, _unrank

SKEWED = ((0.9, 0.2), (0.6, 0.1))


def probabilities(initiator: tuple[tuple[float, ...], ...], power: int) -> np.ndarray:
    """Returns the Kronecker power of the initiator, without loops."""
    matrix = np.ones((1, 1))
    for _ in range(power):
        matrix = np.kron(matrix, initiator)
    np.fill_diagonal(matrix, 0.0)
    return matrix


@pytest.mark.parametrize("power", [1, 2, 3])
def test_edges_have_the_probabilities_of_the_kronecker_power(power: int) -> None:
    draws = 2000
    expected = probabilities(SKEWED, power)
    frequency = np.zeros_like(expected)
    for seed in range(draws):
        graph = kronecker_graph(SKEWED, power, seed)
        np.add.at(frequency, tuple(graph.edge_index.numpy()), 1 / draws)
    deviation = np.sqrt(expected * (1 - expected) / draws)
    assert (np.abs(frequency - expected) <= 4.5 * deviation).all()
    assert not frequency.diagonal().any()


def test_edges_are_drawn_independently() -> None:
    # Given their number, edges of one class would be anticorrelated if that number were fixed.
    expected = probabilities(RANDOM, 2)
    total = np.array([kronecker_graph(RANDOM, 2, seed).num_edges for seed in range(4000)])
    variance = (expected * (1 - expected)).sum()
    assert total.mean() == pytest.approx(expected.sum(), abs=4 * np.sqrt(variance / 4000))
    assert total.var() == pytest.approx(variance, rel=0.1)


def test_each_pair_is_in_exactly_one_class() -> None:
    power = 3
    digits = _classes(power)
    sizes = [_arrangements(row) for row in digits.tolist()]
    assert sum(sizes) == 8 * 8 - 8
    found = []
    for row, size in zip(digits, sizes, strict=True):
        pair = _unrank(np.arange(size), np.full(size, size), np.repeat(row[:, None], size, axis=1), power)
        for source, target in zip(pair >> power, pair & 7, strict=True):
            kinds = [2 * (source >> k & 1) + (target >> k & 1) for k in range(power)]
            assert np.bincount(kinds, minlength=4).tolist() == row.tolist()
        found.append(pair)
    assert len(np.unique(np.concatenate(found))) == 56


def test_probability_one_gives_the_complete_graph() -> None:
    graph = kronecker_graph(((1, 1), (1, 1)), 4)
    assert graph.num_nodes == 16
    assert graph.edge_index.tolist() == [
        [i for i in range(16) for j in range(16) if i != j],
        [j for i in range(16) for j in range(16) if i != j],
    ]


def test_probability_zero_gives_no_edges() -> None:
    graph = kronecker_graph(((1, 0), (0, 1)), 4)
    assert graph.edge_index.shape == (2, 0)
    assert graph.edge_index.dtype == torch.long


def test_a_large_graph_has_the_expected_edges() -> None:
    power = 14
    graph = kronecker_graph(CORE_PERIPHERY, power, seed=1)
    expected = 2.139**power - 1.069**power  # sum of the matrix, less its trace
    assert graph.num_edges == pytest.approx(expected, abs=4.5 * np.sqrt(expected))
    source, target = graph.edge_index
    assert (source != target).all()
    assert graph.edge_index.max() < 2**power
    assert ((source << power) + target).diff().min() > 0


def test_the_seed_decides_the_graph() -> None:
    first, again, other = (kronecker_graph(RANDOM, 6, seed).edge_index for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert first.tolist() != other.tolist()


@pytest.mark.parametrize("initiator", [((0.5, 1.1), (0.5, 0.5)), ((0.5, float("nan")), (0, 0)), ((0.5, 0.5),)])
def test_an_invalid_initiator_raises_an_error(initiator: tuple[tuple[float, ...], ...]) -> None:
    with pytest.raises(UsageError, match=r"initiator=.*must be 2 x 2 probabilities"):
        kronecker_graph(initiator, 2)


@pytest.mark.parametrize("power", [0, 31])
def test_an_invalid_power_raises_an_error(power: int) -> None:
    with pytest.raises(UsageError, match=rf"power={power}: it must be 1 to 30"):
        kronecker_graph(RANDOM, power)
