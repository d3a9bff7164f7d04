from __future__ import annotations

import math
import random
from typing import Any

import pytest
import torch

from graphcascade.data import CascadeDataset
from graphcascade.errors import DataError, UsageError
from graphcascade.models import HawkesProcess, PoissonProcess
from graphcascade.models.point_process.hawkes import decayed_counts
from tests.models.point_process.reference import log_densities, simulate_hawkes
from tests.models.small_data import dataset_of, random_dataset


def make_process(rate: float, alpha: float, sigma: float, horizon: float = 8.0) -> HawkesProcess:
    model = HawkesProcess(sigma, horizon)
    model.rate.fill_(rate)
    model.alpha.fill_(alpha)
    return model


def simulated(rate: float, alpha: float, sigma: float, count: int, size: int) -> CascadeDataset:
    draw = random.Random(0)
    times = [simulate_hawkes(rate, alpha, sigma, size, draw) for _ in range(count)]
    return dataset_of([list(range(size))] * count, size, times)


def times_of(dataset: CascadeDataset) -> list[list[float]]:
    return [cascade.time.tolist() for cascade in dataset]


def test_decayed_counts_match_the_sum() -> None:
    dataset = random_dataset([1, 3, 9, 1, 2, 16, 5], 16)
    expected = [
        sum(math.exp(-(now - t) / 0.7) for t in cascade[: k + 1])
        for cascade in times_of(dataset)
        for k, now in enumerate(cascade)
    ]
    table = dataset.table
    assert decayed_counts(table.time, table.ptr, 0.7).tolist() == pytest.approx(expected)


@pytest.mark.parametrize(("rate", "alpha", "sigma"), [(0.4, 1.3, 0.8), (0.0, 0.5, 2.0), (1.1, 0.0, 1.0)])
def test_likelihood_matches_plain_loops(rate: float, alpha: float, sigma: float) -> None:
    dataset = random_dataset([4, 1, 7, 2], 8)
    expected = log_densities(times_of(dataset), rate, alpha, sigma)
    model = make_process(rate, alpha, sigma)
    assert model.log_prob(dataset.table.time, dataset.table.ptr).tolist() == pytest.approx(expected)
    assert model.log_likelihood(dataset) == pytest.approx(sum(expected))


@pytest.mark.parametrize(("rate", "alpha", "sigma"), [(0.5, 0.4, 1.0), (0.2, 1.5, 0.5), (0.05, 0.02, 30.0)])
def test_parameters_are_recovered(rate: float, alpha: float, sigma: float) -> None:
    dataset = simulated(rate, alpha, sigma, count=400, size=25)
    model = HawkesProcess(sigma).fit(dataset)
    assert model.alpha.item() == pytest.approx(alpha, rel=0.1)
    assert model.rate.item() == pytest.approx(rate, rel=0.15)


@pytest.mark.parametrize("data", [simulated(0.5, 0.4, 1.0, 30, 8), random_dataset([5, 3, 9, 2], 10)])
def test_other_parameters_have_a_lower_likelihood(data: CascadeDataset) -> None:
    model = HawkesProcess().fit(data)
    best = model.log_likelihood(data)
    rate, alpha = model.rate.item(), model.alpha.item()
    assert rate >= 0
    assert alpha >= 0
    for step in (1e-4, 1e-2, 0.3):
        for angle in range(12):
            other_rate = rate + step * math.cos(angle * math.pi / 6)
            other_alpha = alpha + step * math.sin(angle * math.pi / 6)
            if other_rate >= 0 and other_alpha >= 0:
                assert make_process(other_rate, other_alpha, 1.0).log_likelihood(data) <= best + 1e-9


def test_without_excitation_it_is_a_poisson_process() -> None:
    """With equal intervals, the likelihood is highest without excitation."""
    dataset = dataset_of([[0, 1, 2, 3]] * 3, 4, [[0.0, 2.0, 4.0, 6.0]] * 3)
    model = HawkesProcess().fit(dataset)
    assert model.alpha.item() == 0
    assert model.rate.item() == 0.5
    poisson = PoissonProcess().fit(dataset)
    assert model.log_likelihood(dataset) == pytest.approx(poisson.log_likelihood(dataset))
    table = dataset.table
    torch.testing.assert_close(model.mean(table.time, table.ptr), poisson.mean(table.time, table.ptr))


def test_the_base_rate_may_be_zero() -> None:
    """With two events per cascade, most of them close together, the base rate is zero."""
    waits = [0.001] * 9 + [1.0]
    dataset = dataset_of([[0, 1]] * 10, 2, [[0.0, wait] for wait in waits])
    model = HawkesProcess().fit(dataset)
    assert model.rate.item() == 0
    assert model.alpha.item() == pytest.approx(10 / sum(-math.expm1(-wait) for wait in waits))


@pytest.mark.parametrize(
    ("rate", "alpha", "sigma"),
    [
        (0.4, 1.3, 0.8),
        (0.0, 0.5, 2.0),
        (1e-6, 3.0, 0.1),
        (1e-3, 3.0, 0.1),
        (1e-12, 3.0, 0.1),
        (0.4, 5e3, 1.0),
        (1.1, 0.0, 1),
    ],
)
@pytest.mark.parametrize("horizon", [0.5, 8.0, 200.0])
def test_mean_and_median_match_the_density(rate: float, alpha: float, sigma: float, horizon: float) -> None:
    """Compares with a fine sum over the interval after the third event."""
    times = [0.0, 0.6, 0.9]
    dataset = dataset_of([[0, 1, 2]], 3, [times])
    model = make_process(rate, alpha, sigma, horizon)
    pieces = 200_000
    x = (torch.arange(pieces, dtype=torch.float64) + 0.5) / pieces
    s = horizon * x**3  # fine where the intensity changes
    after = alpha * sum(math.exp(-(times[-1] - t) / sigma) for t in times)
    intensity = rate + after * torch.exp(-s / sigma)
    density = intensity * torch.exp(-rate * s + after * sigma * torch.expm1(-s / sigma)) * x**2
    mean = model.mean(dataset.table.time, dataset.table.ptr)[-1].item()
    assert mean == pytest.approx(float((s * density).sum() / density.sum()), rel=1e-6)
    median = model.median(dataset.table.time, dataset.table.ptr)[-1].item()
    assert float(density[s < median].sum() / density.sum()) == pytest.approx(0.5, abs=1e-3)


def test_times_without_a_horizon_are_finite_and_positive() -> None:
    dataset = random_dataset([3, 4], 5)
    table = dataset.table
    for model in (make_process(0.3, 0.7, 1.0, math.inf), make_process(0.0, 0.7, 1.0, math.inf)):
        for result in (model.mean(table.time, table.ptr), model.median(table.time, table.ptr)):
            assert bool((result.isfinite() & (result > 0)).all())


def test_the_horizon_is_the_longest_interval() -> None:
    dataset = dataset_of([[0, 1, 2], [1, 2]], 3, [[0.0, 3.0, 4.0], [0.0, 2.0]])
    assert float(HawkesProcess().fit(dataset).horizon) == 3
    assert float(HawkesProcess(horizon=50.0).fit(dataset).horizon) == 50
    assert str(make_process(0.5, 0.25, 2.0)) == "HawkesProcess(rate=0.5, alpha=0.25, sigma=2, horizon=8)"
    assert HawkesProcess(2.0, 5.0).config == {"sigma": 2.0, "horizon": 5.0}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sigma": 0.0}, r"HawkesProcess\(sigma=0.0\): must be a finite number above 0"),
        ({"horizon": 0.0}, r"HawkesProcess\(horizon=0.0\): must be above 0"),
    ],
)
def test_bad_arguments_raise_an_error(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        HawkesProcess(**arguments)


@pytest.mark.parametrize("kind", [HawkesProcess, PoissonProcess])
def test_data_without_intervals_raise_an_error(kind: Any) -> None:
    with pytest.raises(UsageError, match="has no cascade of two events"):
        kind().fit(dataset_of([[0], [1]], 2))
    with pytest.raises(DataError, match="the events of each cascade are simultaneous"):
        kind().fit(dataset_of([[0, 1]], 2, [[3.0, 3.0]]))
    with pytest.raises(UsageError, match="was not trained yet"):
        kind().log_likelihood(random_dataset([3], 4))
    whole = random_dataset([2] * 20, 4)
    with pytest.raises(UsageError, match="test part of a split"):
        kind().fit(whole.splits("random")[2])
