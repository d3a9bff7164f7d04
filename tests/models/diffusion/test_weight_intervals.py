"""Intervals of weights: against automatic differentiation, exact intervals, and the truth of simulations."""

from __future__ import annotations

import pytest
import torch

from graphcascade.models import Netrate
from graphcascade.models.diffusion import Transmissions, weight_intervals
from graphcascade.models.diffusion.weight_intervals import RIDGE, count_interval, effective_transmissions
from graphcascade.simulate import cyan_cascades
from tests.models.small_data import dataset_of, random_dataset


def fitted(sizes: list[int], users: int) -> tuple[Transmissions, torch.Tensor]:
    data = random_dataset(sizes, users, seed=3)
    model = Netrate()
    model.fit(data)
    return model._own_transmissions(data), model.edge_weight


def test_effective_transmissions_are_those_of_the_information_matrix() -> None:
    possible, weight = fitted([5, 6, 4, 6, 3, 5, 2] * 4, 8)

    def log_likelihood(log_weight: torch.Tensor) -> torch.Tensor:
        hazard = log_weight.exp()[possible.edge] * possible.hazard
        intensity = torch.zeros(possible.num_infections, dtype=torch.float64).index_add(0, possible.infection, hazard)
        return intensity.log().sum()

    # Minus the second derivatives of the sum of logs, plus the derivatives, is the sum of squared shares.
    log_weight = weight.log()
    slope = torch.autograd.functional.jacobian(log_likelihood, log_weight)
    bend = torch.autograd.functional.hessian(log_likelihood, log_weight)
    information = torch.diag(slope) - bend + RIDGE * torch.eye(weight.numel())
    expected = 1 / torch.linalg.inv(information).diagonal() - RIDGE
    found = effective_transmissions(possible, possible.attribute(weight)[1])
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-9)


def test_portions_of_users_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    possible, weight = fitted([5, 6, 4, 6, 3, 5, 2] * 4, 8)
    share = possible.attribute(weight)[1]
    whole = effective_transmissions(possible, share)
    monkeypatch.setattr(weight_intervals, "MATRIX_ENTRIES", 1)
    torch.testing.assert_close(effective_transmissions(possible, share), whole)
    monkeypatch.setattr(weight_intervals, "MAX_LINKS", 0)  # the others are taken as known
    alone = effective_transmissions(possible, share)
    torch.testing.assert_close(alone, possible.sum_by_edge(share.square()))
    assert bool((alone >= whole - 1e-9).all())


def test_intervals_of_counts_are_close_to_the_exact_ones() -> None:
    lower, upper = count_interval(torch.tensor([1.0, 3.0, 10.0, 100.0], dtype=torch.float64))
    assert lower.tolist() == pytest.approx([0.0253, 0.619, 4.795, 81.36], rel=0.5)  # chi2.ppf(0.025, 2 n) / 2
    assert lower[1:].tolist() == pytest.approx([0.619, 4.795, 81.36], rel=0.03)
    assert upper.tolist() == pytest.approx([5.572, 8.767, 18.39, 121.63], rel=0.01)  # chi2.ppf(0.975, 2 n + 2) / 2
    assert count_interval(torch.tensor([0.01], dtype=torch.float64))[0].tolist() == [0.0]


def test_certain_transmissions_have_the_interval_of_their_number() -> None:
    data = dataset_of([[0, 1]] * 10, 2)
    model = Netrate()
    model.fit(data)
    found = model.link_statistics(data)
    assert found.lower is not None
    assert found.upper is not None
    # Each exposure is 1, so that the rate is 1: the interval is about that of ten transmissions, over ten.
    assert found.lower.tolist() == pytest.approx([0.48], abs=0.01)
    assert found.upper.tolist() == pytest.approx([1.84], abs=0.01)


def test_intervals_contain_most_true_weights() -> None:
    inside, total = 0, 0
    for seed in range(4):
        data = cyan_cascades("core-periphery", num_cascades=300, network_seed=seed, seed=seed)
        true = data.true_graph
        assert true is not None
        rates = torch.zeros(32, 32, dtype=torch.float64)
        rates[true.edge_index[0], true.edge_index[1]] = true.edge_weight.double()
        model = Netrate()
        graph = model.fit(data).graph
        found = model.link_statistics(data)
        rate = rates[graph.edge_index[0], graph.edge_index[1]]
        assert found.lower is not None
        assert found.upper is not None
        assert bool((found.lower <= graph.edge_weight).all() & (graph.edge_weight <= found.upper).all())
        right = (rate > 0) & (found.transmissions >= 3)
        inside += int(((found.lower <= rate) & (rate <= found.upper))[right].sum())
        total += int(right.sum())
    assert 0.9 < inside / total < 0.995, inside / total
