"""Evidence for links: literal counts, a closed form, and data in which nothing is to be found."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.analysis import infer_network, link_evidence
from graphcascade.analysis.link_evidence import _discoveries, _tail
from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.models import EmbeddedIC, Netrate
from graphcascade.models.diffusion import DiffusionModel
from graphcascade.simulate import cyan_cascades
from tests.models.small_data import dataset_of, random_dataset


def test_each_infection_by_the_only_possible_user_is_a_transmission() -> None:
    # Nobody else can have infected the second user, so each time that 1 follows 0 is one transmission.
    data = dataset_of([[0, 1], [0, 1], [1, 0], [0], [2, 0, 1]], 3)
    model = Netrate()
    evidence = link_evidence(model.fit(data).graph, data, model)
    found = {
        tuple(edge): (support, transmissions)
        for edge, support, transmissions in zip(
            evidence.edge_index.t().tolist(), evidence.support.tolist(), evidence.transmissions.tolist(), strict=True
        )
    }
    assert found[0, 1][0] == 3
    assert found[1, 0] == (1, pytest.approx(1.0))
    assert found[2, 0] == (1, pytest.approx(1.0))
    assert found[0, 1][1] + found.get((2, 1), (0, 0.0))[1] == pytest.approx(3.0)


@pytest.mark.parametrize("model", [Netrate(), Netrate("rayleigh"), EmbeddedIC(dim=2, iterations=5)])
def test_transmissions_and_support_are_those_of_plain_loops(model: DiffusionModel) -> None:
    data = random_dataset([4, 3, 5, 2, 4], 6)
    graph = model.fit(data).graph
    weight = dict(zip(map(tuple, graph.edge_index.t().tolist()), graph.edge_weight.tolist(), strict=True))
    transmissions, support = dict.fromkeys(weight, 0.0), dict.fromkeys(weight, 0)
    gain, failures = dict.fromkeys(weight, 0.0), dict.fromkeys(weight, 0.0)
    end = max(float(cascade.time[-1] - cascade.time[0]) for cascade in data)

    def hazard(delay: float) -> float:
        return delay if model.delays == "rayleigh" else 1.0

    def exposure(delay: float) -> float:
        return 1.0 if model.delays == "discrete" else delay**2 / 2 if model.delays == "rayleigh" else delay

    background = {}  # a hundredth of the rate that explains all infections of a user
    for v in range(6):
        infections, exposed = 0, 0.0
        for cascade in data:
            user, time = cascade.user.tolist(), (cascade.time - cascade.time[0]).tolist()
            if user[0] != v:
                infections += v in user
                exposed += exposure(time[user.index(v)] if v in user else end)
        background[v] = 0.01 * infections / exposed
    for edge in weight:
        for cascade in data:
            user, time = cascade.user.tolist(), (cascade.time - cascade.time[0]).tolist()
            start = time[user.index(edge[0])] if edge[0] in user else end
            stop = time[user.index(edge[1])] if edge[1] in user else end
            if model.delays == "discrete":
                failures[edge] += edge[0] in user and edge[1] not in user
            elif edge[0] in user and start < stop:
                failures[edge] += exposure(stop - start)
    for cascade in data:
        user, time = cascade.user.tolist(), cascade.time.tolist()
        for later in range(len(user)):
            part = {}
            for earlier in range(later):
                edge = (user[earlier], user[later])
                support[edge] = support.get(edge, 0) + 1
                delay = time[later] - time[earlier]
                if edge in weight and delay > 0:
                    part[edge] = weight[edge] * hazard(delay)
            elsewhere = background[user[later]] * hazard(time[later] - time[0])
            if model.delays == "discrete":
                nobody = 1.0
                for chance in part.values():
                    nobody *= 1 - chance
                total = 1 - nobody
            else:
                total = sum(part.values())
            for edge, value in part.items():
                transmissions[edge] += value / total
                if model.delays == "discrete":
                    nobody_else = math.prod(1 - part[other] for other in part if other != edge) * (1 - elsewhere)
                    gain[edge] += math.log((1 - nobody * (1 - elsewhere)) / (1 - nobody_else))
                else:
                    gain[edge] += math.log((total + elsewhere) / (total - value + elsewhere))
    for edge, value in weight.items():
        gain[edge] += failures[edge] * (math.log(1 - value) if model.delays == "discrete" else -value)
    evidence = link_evidence(graph, data, model)
    assert evidence.support.tolist() == [support.get(edge, 0) for edge in weight]
    torch.testing.assert_close(evidence.transmissions, torch.tensor(list(transmissions.values()), dtype=torch.float64))
    assert bool((evidence.transmissions <= evidence.support + 1e-9).all())
    torch.testing.assert_close(evidence.gain, torch.tensor(list(gain.values()), dtype=torch.float64))


def test_events_after_the_horizon_give_no_support() -> None:
    data = dataset_of([[0, 1], [0, 1]], 2, times=[[0.0, 1.0], [0.0, 9.0]])
    model = Netrate(horizon=5.0)
    assert link_evidence(model.fit(data).graph, data, model).support.tolist() == [1]


def test_counts_are_transmissions() -> None:
    data = dataset_of([[0, 1, 2], [0, 2], [0, 1]], 3)
    graph = infer_network(None, data, share=0.0)  # the event before is held responsible
    evidence = link_evidence(graph, data)
    assert evidence.edge_index.t().tolist() == [[0, 1], [0, 2], [1, 2]]
    assert evidence.transmissions.tolist() == [2.0, 1.0, 1.0]
    assert evidence.support.tolist() == [2, 2, 1]
    # Of four infections, 3 were by user 0, 2 of user 1 and 2 of user 2.
    expected = [2 * math.log(2 / 1.5) - 0.5, -(math.log(1 / 1.5) + 0.5), math.log(1 / 0.5) - 0.5]
    assert evidence.gain.tolist() == pytest.approx(expected)
    assert "weight_lower" not in evidence
    assert "support" not in graph


def test_support_by_chance_of_users_with_equal_cascades() -> None:
    # All orders of 2 and of 3 of 4 users: each pair is in 1 of 12 and, in this order, 1 / 4 of the cascades of 3.
    orders = [list(order) for size in (2, 3) for order in itertools.permutations(range(4), size)]
    data = dataset_of(orders, 4)
    evidence = link_evidence(infer_network(None, data, share=0.0), data)
    assert evidence.support.tolist() == [7] * 12
    torch.testing.assert_close(evidence.by_chance, torch.full((12,), 7.0, dtype=torch.float64))
    assert not evidence.beyond_chance.any()


def test_no_links_are_significant_in_random_cascades() -> None:
    generator = torch.Generator().manual_seed(0)
    often = torch.arange(1, 41, dtype=torch.float64)  # some users are forty times as active as others
    noise = [torch.multinomial(often, 2 + k % 9, generator=generator).tolist() for k in range(400)]
    data = dataset_of(noise, 40)
    model = Netrate()
    evidence = link_evidence(model.fit(data).graph, data, model)
    assert evidence.num_edges > 500
    assert not evidence.beyond_chance.any()


def test_links_of_a_simulated_network_are_significant() -> None:
    data = cyan_cascades("random", num_cascades=800)
    model = Netrate(prune=True)
    evidence = link_evidence(model.fit(data).graph, data, model)
    assert evidence.beyond_chance.double().mean() > 0.7


def test_bounds_of_tails_are_never_below_the_exact_probability() -> None:
    # Eight heads of eight: 1 / 256. Poisson's tail at 3 of mean 1 is 1 - e ** -1 * (1 + 1 + 1 / 2).
    found = _tail(torch.tensor([8.0, 0.0, 4.0]).double(), torch.tensor([4.0, 0.0, 4.0]).double(), 8)
    assert found.tolist() == pytest.approx([1 / 256, 1.0, 0.5665], abs=1e-4)
    many = _tail(torch.tensor([3.0]).double(), torch.tensor([1.0]).double(), 1_000_000)
    assert many.item() == pytest.approx(1 - 2.5 * math.exp(-1), rel=1e-9)
    # Never below what is exact for as many cascades of one probability.
    for cascades, chance in ((8, 0.5), (40, 0.1), (100, 0.3)):
        exact = torch.distributions.Binomial(cascades, torch.tensor(chance, dtype=torch.float64))
        support = torch.arange(cascades + 1).double()
        tail = exact.log_prob(support).exp().flip(0).cumsum(0).flip(0)
        above = support > cascades * chance + 1
        bound = _tail(support, torch.full_like(support, cascades * chance), cascades)
        assert bool((bound >= tail * (1 - 1e-9))[above].all())


def test_two_users_in_one_order_are_better_than_chance() -> None:
    data = dataset_of([[0, 1]] * 8, 2)
    model = Netrate()
    evidence = link_evidence(model.fit(data).graph, data, model)
    assert evidence.by_chance.tolist() == pytest.approx([4.0])
    assert evidence.beyond_chance.tolist() == [True]


def test_discoveries_match_those_by_hand() -> None:
    # Bounds at 10 tests: .005, .01, .015, .02; the third is the last that is met, and takes the second with it.
    found = _discoveries(torch.tensor([0.5, 0.014, 0.004, 0.012], dtype=torch.float64), 10, 0.05)
    assert found.tolist() == [False, True, True, True]
    assert not _discoveries(torch.tensor([0.2], dtype=torch.float64), 10, 0.05).any()
    assert _discoveries(torch.empty(0, dtype=torch.float64), 0, 0.05).tolist() == []


def test_bad_input_raises_an_error() -> None:
    data = dataset_of([[0, 1]], 2)
    graph = Data(edge_index=torch.tensor([[0], [1]]), edge_weight=torch.ones(1), num_nodes=3)
    with pytest.raises(UsageError, match=r"graph: has 3 users, and .* has 2"):
        link_evidence(graph, data)
    graph.num_nodes = 2
    with pytest.raises(UsageError, match="false_discoveries=1: must be above 0 and below 1"):
        link_evidence(graph, data, false_discoveries=1)


def test_a_model_without_expected_transmissions_raises_an_error() -> None:
    class Constant(DiffusionModel):
        delays = "exponential"

        def _infer(self, dataset: CascadeDataset) -> tuple[torch.Tensor, torch.Tensor]:
            return torch.tensor([[0], [1]]), torch.ones(1, dtype=torch.float64)

    data = dataset_of([[0, 1, 2], [0, 2]], 3)
    model = Constant()
    graph = model.fit(data).graph
    with pytest.raises(UsageError, match=r"Constant does not define _possible_transmissions\(\).*without the model"):
        link_evidence(graph, data, model)
    assert link_evidence(graph, data).support.tolist() == [1]
