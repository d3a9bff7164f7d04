"""The independent cascade model on a known graph, against a literal version of expectation maximization."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.analysis import link_evidence
from graphcascade.data import CascadeDataset
from graphcascade.errors import DataError, UsageError
from graphcascade.evaluation import RolloutProtocol, evaluate_cascades
from graphcascade.models import IndependentCascade, load_model, save_model
from graphcascade.simulate import simulate_cascades
from tests.models.small_data import dataset_of

USERS = 5
LINKS = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 1), (2, 3), (3, 4), (4, 0)]
CASCADES = [[0, 1, 2, 3], [1, 3, 2, 4], [0, 2, 1], [2, 3], [4], [0, 3, 1], [3, 0]]
TIMES = [[0, 1.2, 1.7, 2.4], [5, 6.1, 6.3, 8.2], [0, 1.5, 2.2], [3, 4.1], [0], [0, 1.1, 1.1], [0, 0.5]]


def data_with(links: list[tuple[int, int]] = LINKS) -> CascadeDataset:
    graph = Data(edge_index=torch.tensor(links).t(), num_nodes=USERS)
    return dataset_of(CASCADES, USERS, TIMES).with_follow_graph(graph)


def literal(step: float | None, iterations: int) -> dict[tuple[int, int], float]:
    """Saito et al. in plain loops."""
    end = 3.2 if step is None else int(3.2 // step)
    success: dict[tuple[int, int], list[list[int]]] = {link: [] for link in LINKS}
    failures = dict.fromkeys(LINKS, 0)

    def before(one: float, other: float) -> bool:
        return one < other if step is None else one == other - 1

    for users, times in zip(CASCADES, TIMES, strict=True):
        when = dict(zip(users, [t - times[0] if step is None else (t - times[0]) // step for t in times], strict=True))
        parents = {v: [u for u, w in LINKS if w == v and u in when and before(when[u], when[v])] for v in when}
        for u, v in LINKS:
            if v in when and u in parents[v]:
                success[u, v].append(parents[v])
            elif u in when and step is None:
                failures[u, v] += v not in when
            elif u in when:  # the attempt is made in the next step, at which v must not be infected before
                failures[u, v] += when[u] + 1 < when[v] if v in when else when[u] + 1 <= end
    chance = {e: len(success[e]) / (len(success[e]) + failures[e]) / 2 for e in LINKS if success[e]}
    for _ in range(iterations):
        after = {}
        for u, v in chance:
            total = 0.0
            for parents_of in success[u, v]:
                nobody = 1.0
                for x in parents_of:
                    nobody *= 1 - chance[x, v]
                total += chance[u, v] / (1 - nobody)
            after[u, v] = total / (len(success[u, v]) + failures[u, v])
        chance = after
    return chance


@pytest.mark.parametrize("step", [None, 1.0])
@pytest.mark.parametrize("iterations", [1, 2, 7])
def test_steps_match_plain_loops(step: float | None, iterations: int) -> None:
    model = IndependentCascade(step, max_iterations=iterations, tolerance=0.0)
    graph = model.fit(data_with()).graph
    found = dict(zip(map(tuple, graph.edge_index.t().tolist()), graph.edge_weight.tolist(), strict=True))
    expected = literal(step, iterations)
    assert found == pytest.approx(expected, rel=1e-10)
    assert len(found) >= 4
    assert graph.delays == "discrete"
    assert bool((torch.tensor(model.log_likelihood).diff() >= -1e-12).all())


def simulated(num_cascades: int, seed: int = 0) -> CascadeDataset:
    generator = torch.Generator().manual_seed(seed)
    pairs = torch.randperm(20 * 20, generator=generator)[:70].sort().values
    edge_index = torch.stack([pairs // 20, pairs % 20])
    edge_index = edge_index[:, edge_index[0] != edge_index[1]]
    weight = 0.05 + 0.6 * torch.rand(edge_index.size(1), generator=generator, dtype=torch.float64)
    graph = Data(edge_index=edge_index, edge_weight=weight, num_nodes=20)
    data = simulate_cascades(graph, num_cascades, "discrete", seed=seed)
    return data.with_follow_graph(Data(edge_index=edge_index, num_nodes=20))


def test_probabilities_of_a_simulation_are_found_again() -> None:
    data = simulated(4000)
    true = data.true_graph
    assert true is not None
    model = IndependentCascade(step=1.0)
    graph = model.fit(data).graph
    assert graph.edge_index.equal(true.edge_index)
    assert (graph.edge_weight - true.edge_weight).abs().mean() < 0.02
    evidence = link_evidence(graph, data, model)
    inside = (evidence.weight_lower <= true.edge_weight) & (true.edge_weight <= evidence.weight_upper)
    assert 0.87 <= float(inside.double().mean()) <= 1.0
    assert bool((evidence.gain > 0).all())
    assert bool(evidence.gain.isfinite().all())
    # The maximum of the likelihood: no probability can be improved.
    assert model.log_likelihood[-1] - model.log_likelihood[0] > 0


def test_whole_cascades_are_predicted_and_models_are_saved(tmp_path: Path) -> None:
    train, _, test = simulated(600).splits("random", seed=0)
    model = IndependentCascade(step=1.0).fit(train)
    result = evaluate_cascades(model, test, RolloutProtocol(simulations=30))
    assert result["Macro-F1"] > 0.2
    save_model(model, tmp_path / "model.safetensors")
    loaded = load_model(tmp_path / "model.safetensors")
    assert isinstance(loaded, IndependentCascade)
    assert loaded.graph.edge_weight.equal(model.graph.edge_weight)
    assert loaded.step == 1.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"step": 0.0}, r"IndependentCascade\(step=0"),
        ({"max_iterations": 0}, r"IndependentCascade\(max_iterations=0"),
        ({"tolerance": -1.0}, r"IndependentCascade\(tolerance=-1"),
    ],
)
def test_bad_arguments_raise_an_error(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        IndependentCascade(**arguments)


def test_a_follow_graph_with_possible_transmissions_is_needed() -> None:
    with pytest.raises(UsageError, match="has none, and IndependentCascade learns the probabilities of its links"):
        IndependentCascade().fit(dataset_of(CASCADES, USERS, TIMES))
    with pytest.raises(DataError, match="in no cascade is a user infected after one whom the user follows"):
        IndependentCascade().fit(data_with([(4, 2)]))
