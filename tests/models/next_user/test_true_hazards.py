import math

import pytest
import torch
from torch_geometric.data import Batch, Data

from graphcascade.data import Cascade
from graphcascade.errors import UsageError
from graphcascade.models import TrueHazards
from graphcascade.simulate import simulate_cascades


def make_graph() -> Data:
    edges = torch.tensor([[0, 0, 1, 1, 2, 3, 0], [1, 2, 2, 3, 3, 0, 3]])
    return Data(edge_index=edges, edge_weight=torch.tensor([1.0, 0.5, 2.0, 0.3, 1.5, 0.7, 0.2]), num_nodes=4)


def make_batch() -> Data:
    cascades = [
        Cascade(torch.tensor([0, 1]), torch.tensor([0.0, 0.8], dtype=torch.float64)),
        Cascade(torch.tensor([3, 0, 2]), torch.tensor([0.0, 1.0, 1.4], dtype=torch.float64)),
    ]
    return Batch.from_data_list(cascades)


def reference(users, times, delays, horizon) -> list[float]:
    """Unnormalized probabilities by the midpoint rule."""
    graph = make_graph()
    rate = {(int(i), int(k)): float(w) for (i, k), w in zip(graph.edge_index.t(), graph.edge_weight, strict=True)}
    free = [v for v in range(4) if v not in users]
    shares = [0.0] * 4
    step, survival, t = 1e-3, 1.0, times[-1]
    end = min(horizon, times[-1] + 30)
    while t < end and free:
        middle = t + step / 2
        hazard = {
            v: sum(
                rate.get((u, v), 0.0) * (1 if delays == "exponential" else middle - at)
                for u, at in zip(users, times, strict=True)
            )
            for v in free
        }
        total = sum(hazard.values())
        for v in free:
            shares[v] += hazard[v] * survival * math.exp(-total * step / 2) * step
        survival *= math.exp(-total * step)
        t += step
    return shares


@pytest.mark.parametrize("delays", ["exponential", "rayleigh"])
@pytest.mark.parametrize("horizon", [math.inf, 2.0])
def test_scores_match_the_integral(delays, horizon):
    batch = make_batch()
    scores = TrueHazards(make_graph(), delays, horizon).scores(batch)
    row = 0
    for cascade in batch.to_data_list():
        users, times = cascade.user.tolist(), cascade.time.tolist()
        for last in range(1, len(users) + 1):
            expected = torch.tensor(reference(users[:last], times[:last], delays, horizon), dtype=torch.float64)
            result = scores[row]
            if expected.sum() > 0:
                assert torch.allclose(result / result.sum(), expected / expected.sum(), atol=2e-4)
            assert (result[users[:last]] == 0).all()
            row += 1


@pytest.mark.parametrize("delays", ["exponential", "rayleigh"])
def test_scores_match_frequencies_in_simulations(delays):
    dataset = simulate_cascades(
        make_graph(), 20_000, delays, horizon=50.0, sources=torch.zeros(20_000, dtype=torch.long)
    )
    table = dataset.table
    second = table.user[table.ptr[:-1][table.size > 1] + 1]
    observed = torch.bincount(second, minlength=4) / second.numel()
    first = Batch.from_data_list([Cascade(torch.tensor([0]), torch.zeros(1, dtype=torch.float64))])
    scores = TrueHazards.from_dataset(dataset).scores(first)[0]
    assert torch.allclose(observed.double(), scores / scores.sum(), atol=0.012)


def test_unknown_users_infect_nobody():
    batch = Batch.from_data_list([Cascade(torch.tensor([0, 4, 9]), torch.tensor([0.0, 0.5, 0.8], dtype=torch.float64))])
    scores = TrueHazards(make_graph()).scores(batch)
    assert torch.equal(scores[1], scores[0])
    assert torch.equal(scores[2], scores[0])


def test_bad_arguments_raise_an_error():
    with pytest.raises(UsageError, match="power_law"):
        TrueHazards(make_graph(), "power_law")
    with pytest.raises(UsageError, match="edge_weight"):
        TrueHazards(Data(edge_index=torch.zeros(2, 0, dtype=torch.long), num_nodes=3))


def reference_interval(users, times, delays, horizon, after) -> tuple[float, float, float]:
    """Returns log-density at ``after``, mean and median, by the midpoint rule."""
    graph = make_graph()
    rate = {(int(i), int(k)): float(w) for (i, k), w in zip(graph.edge_index.t(), graph.edge_weight, strict=True)}
    free = [v for v in range(4) if v not in users]

    def intensity(t: float) -> float:
        return sum(
            rate.get((u, v), 0.0) * (1 if delays == "exponential" else t - at)
            for v in free
            for u, at in zip(users, times, strict=True)
        )

    step, survival, s = 1e-3, 1.0, 0.0
    shares, log_density = [], math.nan
    end = min(horizon - times[-1], 30)
    while s < end:
        total = intensity(times[-1] + s + step / 2)
        if s <= after < s + step:
            log_density = math.log(intensity(times[-1] + after) * survival) - total * (after - s)
        shares.append((s + step / 2, survival * -math.expm1(-total * step)))
        survival *= math.exp(-total * step)
        s += step
    whole = sum(share for _, share in shares)
    below, median = 0.0, math.nan
    for at, share in shares:
        below += share
        if below >= whole / 2:
            median = at
            break
    return log_density, sum(at * share for at, share in shares) / whole, median


@pytest.mark.parametrize("delays", ["exponential", "rayleigh"])
@pytest.mark.parametrize("horizon", [math.inf, 2.0])
def test_intervals_match_the_integral(delays, horizon):
    result = TrueHazards(make_graph(), delays, horizon).intervals(make_batch())
    expected = []
    for cascade in make_batch().to_data_list():
        users, times = cascade.user.tolist(), cascade.time.tolist()
        for last in range(1, len(users)):
            gap = times[last] - times[last - 1]
            expected.append(reference_interval(users[:last], times[:last], delays, horizon, gap))
    expected = torch.tensor(expected, dtype=torch.float64).t()
    torch.testing.assert_close(torch.stack(result)[:2], expected[:2], rtol=2e-3, atol=2e-3)
    torch.testing.assert_close(result[2], expected[2], rtol=0, atol=2e-3)


@pytest.mark.parametrize("delays", ["exponential", "rayleigh"])
def test_rows_of_a_long_cascade_take_memory_for_these_rows_only(delays):
    """The scores of all 100,000 events and as many users would take 80 GB."""
    users = 100_000
    graph = Data(edge_index=torch.tensor([[0], [users - 1]]), edge_weight=torch.tensor([0.5]), num_nodes=users)
    time = torch.arange(users - 1, dtype=torch.float64)
    batch = Batch.from_data_list([Cascade(torch.arange(users - 1), time)])
    score = TrueHazards(graph, delays).scores(batch, torch.tensor([1, users - 2]))
    assert score.shape == (2, users)
    assert score.count_nonzero(1).tolist() == [1, 1]
    assert bool((score[:, -1] > 0).all())
