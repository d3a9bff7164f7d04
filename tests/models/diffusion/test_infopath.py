from __future__ import annotations

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset
from graphcascade.errors import DataError, UsageError
from graphcascade.models import Infopath, Netrate, load_model, save_model
from graphcascade.simulate import simulate_cascades
from tests.models.small_data import dataset_of, random_dataset

EDGES = torch.tensor([[0, 0, 1, 2, 3], [1, 2, 3, 3, 0]])


def cascades(weight: list[float], count: int, seed: int) -> CascadeDataset:
    graph = Data(edge_index=EDGES, edge_weight=torch.tensor(weight, dtype=torch.float64), num_nodes=4)
    return simulate_cascades(graph, count, "exponential", horizon=3.0, seed=seed)


def in_sequence(*parts: CascadeDataset) -> CascadeDataset:
    """Returns the cascades of several simulations, which start one unit of time after another."""
    users, times = [], []
    for part in parts:
        for k in range(len(part)):
            users.append(part[k].user.tolist())
            times.append((part[k].time + len(times)).tolist())
    return dataset_of(users, 4, times)


def rates(graph: Data, weight: torch.Tensor) -> torch.Tensor:
    dense = torch.zeros(4, 4, dtype=torch.float64)
    dense[graph.edge_index[0], graph.edge_index[1]] = weight
    return dense[EDGES[0], EDGES[1]]


def test_rates_follow_the_times() -> None:
    before, after = [1.0, 0.2, 1.5, 0.7, 0.4], [0.1, 2.0, 1.5, 0.7, 1.2]
    data = in_sequence(cascades(before, 1500, 1), cascades(after, 1500, 2))
    model = Infopath(windows=6, decay=0.5, steps=60, learning_rate=0.05, horizon=3.0)
    graph = model.fit(data).graph
    assert model.window_rate.shape == (6, graph.num_edges)
    assert model.window_end.tolist() == [499, 999, 1499, 1999, 2499, 2999]
    assert model.window_rate[-1].equal(graph.edge_weight)
    assert rates(graph, model.window_rate[2]).tolist() == pytest.approx(before, rel=0.35, abs=0.05)
    assert rates(graph, graph.edge_weight).tolist() == pytest.approx(after, rel=0.35, abs=0.05)


def test_constant_rates_match_maximum_likelihood() -> None:
    data = cascades([1.0, 0.2, 1.5, 0.7, 0.4], 600, 3)
    expected = Netrate().fit(data).graph
    graph = Infopath(windows=1, steps=600, learning_rate=0.02, batch_size=200).fit(data).graph
    assert rates(graph, graph.edge_weight).tolist() == pytest.approx(
        rates(expected, expected.edge_weight).tolist(), rel=0.15
    )


def test_one_step_matches_the_gradient() -> None:
    """Compares one step on all cascades with the gradient of autograd."""
    data = dataset_of([[0, 1, 2], [0, 1, 2]], 3, [[0, 1, 3], [0, 1, 3]])  # all samples are equal
    eta = 0.3
    graph = Infopath(windows=1, steps=1, learning_rate=eta, batch_size=5).fit(data).graph
    pairs = graph.edge_index.T.tolist()
    assert pairs == [[0, 1], [0, 2], [1, 2]]
    exposure = torch.tensor([1.0, 3.0, 2.0], dtype=torch.float64)
    alpha = torch.full((3,), 4 / (2 * 6.0), dtype=torch.float64, requires_grad=True)
    likelihood = alpha[0].log() + (alpha[1] + alpha[2]).log() - alpha @ exposure
    (slope,) = torch.autograd.grad(likelihood, alpha)
    expected = alpha + eta * alpha / exposure * slope
    assert graph.edge_weight.tolist() == pytest.approx(expected.tolist())


def dense_rates(data: CascadeDataset, model: Infopath, horizon: float) -> torch.Tensor:
    """Computes the rates of all pairs of users in every step, ``[windows, U, U]``, by plain loops in float64."""
    table, users, count = data.table, data.num_users, len(data)
    times = [
        dict(zip(data[k].user.tolist(), (data[k].time - data[k].time[0]).tolist(), strict=True)) for k in range(count)
    ]

    def exposure_of(cascade: dict[int, float]) -> torch.Tensor:
        result = torch.zeros(users, users, dtype=torch.float64)
        for u, begin in cascade.items():
            for v in range(users):
                if v != u and cascade.get(v, horizon) > begin:
                    result[u, v] = cascade.get(v, horizon) - begin
        return result

    possible = torch.zeros(users, users, dtype=torch.bool)
    for cascade in times:
        for u, v in ((u, v) for u in cascade for v in cascade if cascade[u] < cascade[v]):
            possible[u, v] = True
    exposure = torch.stack([exposure_of(cascade) for cascade in times]).sum(0) * possible
    infections = sum(len(cascade) - 1 for cascade in times)
    rate = torch.full_like(exposure, infections / float(exposure.sum())) * possible
    mean = exposure / count
    window = torch.empty(count, dtype=torch.long)
    window[torch.argsort(table.time[table.ptr[:-1]], stable=True)] = torch.arange(count) * model.windows // count
    generator = torch.Generator().manual_seed(model.seed)
    rates, eta, size = [], model.learning_rate, model.batch_size
    for number in range(model.windows):
        weight = torch.exp((window - number) / model.decay) * (window <= number)
        for _ in range(model.steps):
            drawn = torch.multinomial(weight, size, replacement=True, generator=generator).tolist()
            batch = torch.stack([exposure_of(times[k]) for k in drawn]).sum(0) * possible
            slope = -batch
            for k in drawn:
                for v, when in list(times[k].items())[1:]:
                    causes = [u for u, earlier in times[k].items() if earlier < when]
                    slope[causes, v] += 1 / rate[causes, v].sum()
            mean = (1 - eta) * mean + eta * batch / size
            rate = torch.where(possible, rate + eta * rate / mean * slope / size, 0.0)
        rates.append(rate)
    return torch.stack(rates)


@pytest.mark.parametrize("learning_rate", [0.1, 0.6])
def test_steps_on_the_senders_of_a_batch_equal_steps_on_all_edges(learning_rate: float) -> None:
    data = random_dataset([3, 4, 2, 5, 3, 4, 6, 2, 3, 4], 12, seed=2)
    model = Infopath(windows=3, steps=12, batch_size=2, learning_rate=learning_rate, horizon=4.0)
    graph = model.fit(data).graph
    assert graph.num_edges > 40
    expected = dense_rates(data, model, 4.0)
    source, target = graph.edge_index
    torch.testing.assert_close(model.window_rate, expected[:, source, target], rtol=1e-9, atol=1e-12)
    rest = expected.clone()
    rest[:, source, target] = 0
    assert float(rest.abs().max()) < 1e-4


def test_cascades_without_an_order_have_one_window(caplog: pytest.LogCaptureFixture) -> None:
    model = Infopath(windows=5, steps=3)
    model.fit(cascades([1.0] * 5, 50, 0))
    assert "cascades have no order in time, so there is one window" in caplog.text
    assert model.window_rate.size(0) == 1


def test_the_seed_decides_the_rates_with_more_windows_than_cascades() -> None:
    data = dataset_of([[0, 1], [1, 2], [2, 0, 1]], 3)
    first, second, third = (Infopath(windows=7, steps=4, seed=seed, batch_size=2).fit(data).graph for seed in (1, 1, 2))
    assert first.edge_weight.equal(second.edge_weight)
    assert not first.edge_weight.equal(third.edge_weight)


@pytest.mark.parametrize("learning_rate", [0.5, 1.0])
def test_rates_of_forgotten_edges_stay_positive_and_finite(learning_rate: float) -> None:
    data = random_dataset([3, 4, 2, 4, 3, 5, 6, 2], 9, seed=1)
    graph = Infopath(windows=4, steps=400, batch_size=1, decay=0.2, learning_rate=learning_rate).fit(data).graph
    assert bool(graph.edge_weight.isfinite().all())
    assert bool((graph.edge_weight > 0).all())


def test_windows_are_saved(tmp_path) -> None:
    model = Infopath("rayleigh", windows=2, steps=3)
    model.fit(random_dataset([3, 4, 2, 4], 5))
    loaded = load_model(save_model(model, tmp_path / "model"))
    assert isinstance(loaded, Infopath)
    assert loaded.window_rate.equal(model.window_rate)
    assert loaded.window_end.equal(model.window_end)


def test_bad_input_raises_an_error() -> None:
    for arguments, message in (
        ({"windows": 0}, r"Infopath\(windows=0"),
        ({"decay": 0.0}, "decay=0.0"),
        ({"learning_rate": 1.5}, "learning_rate=1.5"),
        ({"steps": 0}, "steps=0"),
        ({"delays": "discrete"}, r"Infopath\(delays='discrete'"),
    ):
        with pytest.raises(UsageError, match=message):
            Infopath(**arguments)
    with pytest.raises(DataError, match="in no cascade is a user infected later"):
        Infopath().fit(dataset_of([[0, 1]], 2, [[3, 3]]))
