from __future__ import annotations

import math

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.data.segments import expand_ranges
from graphcascade.errors import DataError, UsageError
from graphcascade.models import EmbeddedIC
from graphcascade.models.diffusion import Transmissions
from graphcascade.models.diffusion.attempts import ANY_DELAY
from graphcascade.models.diffusion.embedded_ic import _all_scores, _not_later, _scores
from graphcascade.models.diffusion.transmissions import truncate_at_horizon
from graphcascade.simulate import simulate_cascades
from tests.models.small_data import dataset_of, random_dataset

USERS = 6
CASCADES = [[0, 1, 2, 3], [1, 0, 4], [2, 0, 1, 5], [5], [3, 2], [0, 1, 2]]
TIMES = [[0, 1.5, 4, 4], [10, 10, 13], [7, 9, 9, 15.5], [3], [1, 8], [20, 21.2, 25]]
DATA = dataset_of(CASCADES, USERS, TIMES)


def vectors(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shapes = ((USERS,), (USERS, 3), (USERS, 3))
    bias, sender, receiver = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes)
    return bias, sender, receiver


def probability(u: int, v: int) -> float:
    bias, sender, receiver = vectors()
    distance = sum((float(a) - float(b)) ** 2 for a, b in zip(sender[u], receiver[v], strict=True))
    return 1 / (1 + math.exp(float(bias[u]) + distance))


def test_successes_and_failures_match_plain_loops() -> None:
    success = [[0.0] * USERS for _ in range(USERS)]
    attempts = [[0.0] * USERS for _ in range(USERS)]
    for users, times in zip(CASCADES, TIMES, strict=True):
        for v in range(USERS):
            end = times[users.index(v)] if v in users else math.inf
            before = [u for u, t in zip(users, times, strict=True) if t < end and u != v]
            for u in before:
                attempts[u][v] += 1
                if v in users:
                    any_success = 1 - math.prod(1 - probability(x, v) for x in before)
                    success[u][v] += probability(u, v) / any_success
    table, end = truncate_at_horizon(DATA, None)
    possible = Transmissions.from_table(table, end, ANY_DELAY)
    result = EmbeddedIC._successes(possible, _scores(*vectors(), possible.edge_index))
    u, v = possible.edge_index
    assert result.tolist() == pytest.approx(torch.tensor(success, dtype=torch.float64)[u, v].tolist())
    assert float(torch.tensor(success).sum()) == pytest.approx(float(result.sum()))
    num_cascades = torch.bincount(table.user, minlength=USERS).double()
    tried = num_cascades[:, None] - _not_later(table).rows(torch.arange(USERS))
    tried.fill_diagonal_(0)
    assert tried.tolist() == attempts


def test_all_scores_at_once() -> None:
    bias, sender, receiver = vectors()
    edge, _ = expand_ranges(torch.zeros(USERS, dtype=torch.long), torch.full((USERS,), USERS))
    pairs = torch.stack([torch.arange(USERS).repeat_interleave(USERS), edge])
    all_scores = _all_scores(bias, sender, receiver)
    assert torch.allclose(_scores(bias, sender, receiver, pairs), all_scores.view(-1))
    assert float(torch.sigmoid(-all_scores[2, 4])) == pytest.approx(probability(2, 4))


def test_fitted_probabilities_are_close_to_the_true_ones() -> None:
    edges = torch.tensor([[0, 0, 1, 2, 3, 4], [1, 2, 3, 4, 5, 0]])
    weight = torch.tensor([0.8, 0.3, 0.6, 0.5, 0.7, 0.4], dtype=torch.float64)
    true = Data(edge_index=edges, edge_weight=weight, num_nodes=6)
    data = simulate_cascades(true, 4000, "discrete", seed=1)
    model = EmbeddedIC(dim=8, iterations=600, learning_rate=0.05)
    graph = model.fit(data).graph
    dense = torch.zeros(6, 6, dtype=torch.float64)
    dense[graph.edge_index[0], graph.edge_index[1]] = graph.edge_weight
    assert dense[edges[0], edges[1]].tolist() == pytest.approx(weight.tolist(), abs=0.08)
    dense[edges[0], edges[1]] = 0
    assert float(dense.max()) < 0.08  # no other edge transmits


def test_pairs_that_do_not_co_occur_may_have_an_edge() -> None:
    data = random_dataset([3, 4, 2, 4], 9, seed=2)
    without_others = EmbeddedIC(dim=2, iterations=3, min_probability=1.0).fit(data).graph
    with_others = EmbeddedIC(dim=2, iterations=3, min_probability=1e-6).fit(data).graph
    table, end = truncate_at_horizon(data, None)
    pairs = Transmissions.from_table(table, end, ANY_DELAY).edge_index
    assert without_others.edge_index.equal(pairs)
    seen = int(data.seen.sum())
    assert with_others.num_edges == seen * (seen - 1)
    assert bool((with_others.edge_index[0] != with_others.edge_index[1]).all())
    assert bool(((with_others.edge_weight > 0) & (with_others.edge_weight < 1)).all())


def test_one_seed_gives_the_same_network() -> None:
    data = random_dataset([3, 4, 2, 4], 9)
    first, second, third = (EmbeddedIC(dim=2, iterations=3, seed=seed).fit(data).graph for seed in (1, 1, 2))
    assert first.edge_weight.equal(second.edge_weight)
    assert not first.edge_weight.equal(third.edge_weight)


def test_bad_input_raises_an_error() -> None:
    for arguments, message in (
        ({"dim": 0}, r"EmbeddedIC\(dim=0"),
        ({"learning_rate": 0.0}, "learning_rate=0.0"),
        ({"weight_decay": -1.0}, "weight_decay=-1.0"),
        ({"min_probability": 0.0}, "min_probability=0.0"),
    ):
        with pytest.raises(UsageError, match=message):
            EmbeddedIC(**arguments)
    with pytest.raises(DataError, match="in no cascade is a user infected later"):
        EmbeddedIC().fit(dataset_of([[0, 1]], 2, [[3, 3]]))
