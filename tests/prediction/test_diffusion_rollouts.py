from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from graphcascade.errors import UsageError
from graphcascade.evaluation import RolloutProtocol, evaluate, evaluate_cascades
from graphcascade.models import DiffusionModel, Netrate
from graphcascade.prediction import Rollouts, predict_next_users, simulate_diffusion
from graphcascade.simulate import simulate_cascades
from tests.models.small_data import dataset_of, random_dataset

USERS = 4
EDGES = [[0, 0, 1, 1, 2, 3, 0], [1, 2, 2, 3, 3, 0, 3]]
WEIGHT = [1.0, 0.5, 2.0, 0.3, 1.5, 0.7, 0.2]


class Known(DiffusionModel):
    """A network that nobody had to infer."""

    def __init__(self, delays: str, weight: list[float]) -> None:
        super().__init__()
        self.delays = delays  # type: ignore[assignment]
        self.edge_index, self.edge_weight = torch.tensor(EDGES), torch.tensor(weight, dtype=torch.float64)
        self.seen = torch.ones(USERS, dtype=torch.bool)
        self.user_ids = np.array([f"u{user}" for user in range(USERS)], dtype=object)

    def _infer(self, dataset: object) -> tuple[Tensor, Tensor]:
        raise NotImplementedError

    def _possible_transmissions(self, dataset: object) -> Any:
        raise NotImplementedError

    def _expected_by_edge(self, found: object, weight: Tensor) -> Tensor:
        raise NotImplementedError


def dense(found: Rollouts) -> tuple[Tensor, Tensor]:
    shape = (found.num_cascades, USERS)
    index = (found.cascade, found.user)
    return tuple(
        torch.zeros(shape, dtype=torch.float64).index_put(index, value) for value in (found.share, found.early)
    )


def exact_exponential(source: int, steps: int, first: int) -> tuple[list[float], list[float]]:
    """Exponential delays have no memory: who is next is drawn in proportion to the sums of rates."""
    share, early = [0.0] * USERS, [0.0] * USERS
    paths = {(source,): 1.0}
    for step in range(1, steps + 1):
        longer = {}
        for path, chance in paths.items():
            rate = [0.0] * USERS
            for u, v, weight in zip(*EDGES, WEIGHT, strict=True):
                if u in path and v not in path:
                    rate[v] += weight
            for v in range(USERS):
                if rate[v] > 0:
                    longer[(*path, v)] = chance * rate[v] / sum(rate)
        for path, chance in longer.items():
            share[path[-1]] += chance
            early[path[-1]] += chance * (step <= first)
        paths = longer
    return share, early


def exact_discrete(source: int, chances: list[float]) -> list[float]:
    """Whom the source reaches when each edge is open with its probability, for all open and closed edges."""
    share = [0.0] * USERS
    for opened in product((False, True), repeat=len(chances)):
        chance = 1.0
        for one, is_open in zip(chances, opened, strict=True):
            chance *= one if is_open else 1 - one
        reached = {source}
        for _ in range(USERS):
            reached |= {v for u, v, is_open in zip(*EDGES, opened, strict=True) if is_open and u in reached}
        for user in reached - {source}:
            share[user] += chance
    return share


def assert_near(measured: Tensor, exact: list[float], simulations: int) -> None:
    expected = torch.tensor(exact, dtype=torch.float64)
    # Five standard deviations of a frequency.
    allowed = 5 * (expected * (1 - expected) / simulations).clamp(min=0).sqrt() + 1e-9
    assert bool(((measured - expected).abs() <= allowed).all()), (measured, expected)


def test_shares_are_those_of_exact_enumeration() -> None:
    simulations = 20_000
    source, steps = torch.tensor([0, 1, 0, 3]), torch.tensor([2, 3, 1, 2])
    found = simulate_diffusion(Known("exponential", WEIGHT), source, steps, simulations, early_steps=1, seed=2)
    share, early = dense(found)
    for case in range(4):
        exact = exact_exponential(int(source[case]), int(steps[case]), 1)
        assert_near(share[case], exact[0], simulations)
        assert_near(early[case], exact[1], simulations)
    chances = [0.5, 0.3, 0.9, 0.2, 0.6, 0.4, 0.1]
    found = simulate_diffusion(Known("discrete", chances), source, torch.full((4,), 3), simulations, early_steps=3)
    for case in range(4):
        assert_near(dense(found)[0][case], exact_discrete(int(source[case]), chances), simulations)


@pytest.mark.parametrize("delays", ["exponential", "rayleigh", "power_law", "discrete"])
def test_cascades_are_those_of_the_simulator(delays: str) -> None:
    weight = WEIGHT if delays != "discrete" else [0.5, 0.3, 0.9, 0.2, 0.6, 0.4, 0.1]
    model = Known(delays, weight)
    simulations = 300
    for size in (1, 2, 3):
        found = simulate_diffusion(model, torch.tensor([1]), torch.tensor([size]), simulations, early_steps=1, seed=6)
        sources = torch.ones(simulations, dtype=torch.long)
        made = simulate_cascades(model.graph, simulations, delays, sources=sources, max_size=size + 1, seed=6)
        count = torch.bincount(made.table.user, minlength=USERS)
        count[1] -= simulations
        assert (dense(found)[0][0] * simulations).round().long().equal(count)
        assert found.draws == int(count.sum())


def test_neither_portions_nor_other_cascades_change_a_delay() -> None:
    model = Known("rayleigh", WEIGHT)
    source, steps = torch.tensor([2, 0, 9, 3]), torch.tensor([3, 2, 3, 1])  # the third is unknown
    whole = simulate_diffusion(model, source, steps, 50, seed=1)
    for cells in (1, 28, 4 * 70):
        parts = simulate_diffusion(model, source, steps, 50, seed=1, cells=cells)
        assert parts.share.equal(whole.share)
        assert parts.user.equal(whole.user)
    alone = simulate_diffusion(model, source[:1], steps[:1], 50, seed=1)
    assert dense(alone)[0][0].equal(dense(whole)[0][0])
    assert not dense(simulate_diffusion(model, source, steps, 50, seed=2))[0].equal(dense(whole)[0])
    assert float(dense(whole)[0][2].sum()) == 0


def test_whole_cascades_on_a_certain_network_have_an_f1_of_one() -> None:
    data = dataset_of([[0, 1], [0, 1], [2, 0], [3]], USERS)
    model = Netrate()
    model.fit(data)
    result = evaluate_cascades(model, data, RolloutProtocol(simulations=10, early_steps=1), allow_overlap=True)
    # Each source has one neighbour, whom it always infects.
    assert result.metrics[["metric", "answer", "horizon"]].drop_duplicates().shape == (8, 3)
    assert result.metrics["value"].tolist() == pytest.approx([1.0] * 8)
    assert result.counts["users drawn"] == 30
    assert result.counts["cascades of one user, left out"] == 1
    assert result.model == "Netrate"


def test_split_and_users_are_those_of_the_training() -> None:
    data = random_dataset([4] * 30, 8)
    train, _, test = data.splits("random")
    model = Netrate()
    model.fit(train)
    _, _, other = data.splits("random", seed=1)
    with pytest.raises(UsageError, match="this test part is of another split"):
        evaluate_cascades(model, other)
    one = evaluate_cascades(model, test, RolloutProtocol(simulations=20))
    order = torch.randperm(8, generator=torch.Generator().manual_seed(0))
    table = test.table
    renamed = dataset_of(
        [order[user].tolist() for user in table.user.split(table.size.tolist())],
        8,
        [time.tolist() for time in table.time.split(table.size.tolist())],
        user_ids=[f"u{int(user)}" for user in torch.argsort(order)],
    )
    assert evaluate_cascades(model, renamed, RolloutProtocol(simulations=20)).metrics.equals(one.metrics)


def test_bad_input_raises_an_error() -> None:
    data = random_dataset([4] * 3, 8)
    model = Netrate()
    arguments = (torch.tensor([0]), torch.tensor([2]))
    with pytest.raises(UsageError, match="Netrate was not trained yet"):
        simulate_diffusion(model, *arguments)
    model.fit(data)
    for change, message in (
        ({"simulations": 0}, "simulations=0"),
        ({"early_steps": 0}, "early_steps=0"),
        ({"seed": -1}, "seed=-1"),
    ):
        with pytest.raises(UsageError, match=message):
            simulate_diffusion(model, *arguments, **change)
    for protocol in (RolloutProtocol(temperature=0.5), RolloutProtocol(terminate=False)):
        with pytest.raises(UsageError, match="Netrate simulates its own process"):
            evaluate_cascades(model, data, protocol, allow_overlap=True)
    with pytest.raises(UsageError, match="Netrate was not trained yet"):
        evaluate_cascades(Netrate(), data)
    other: Any = model
    for ask in (evaluate, predict_next_users):
        with pytest.raises(UsageError, match="Netrate predicts whole cascades, not next users"):
            ask(other, data)
