from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.errors import DataError, UsageError
from graphcascade.models import CTBernoulli, CTJaccard, load_model, save_model
from graphcascade.models.next_user import influence_model
from tests.models.small_data import dataset_of, random_dataset, whole_batch

USERS = 8
SCORES = ["decay", "hazard"]
KINDS = [CTBernoulli, CTJaccard]


def follow_graph(seed: int = 0) -> Data:
    generator = torch.Generator().manual_seed(seed)
    edges = (torch.rand(USERS, USERS, generator=generator) < 0.6).nonzero().t()  # with loops
    return Data(edge_index=torch.cat([edges, edges[:, :3]], 1), num_nodes=USERS)


def reference(train, test, graph, kind, score) -> torch.Tensor:
    """Scores by the definitions of the paper, in plain loops over users and links."""
    links = {(int(v), int(u)) for v, u in graph.edge_index.t() if v != u}
    chance, delay = {}, {}
    for v, u in links:
        with_source = either = spread = 0
        gaps = []
        for cascade in train:
            time = dict(zip(cascade.user.tolist(), cascade.time.tolist(), strict=True))
            with_source += v in time
            either += v in time or u in time
            if v in time and u in time and time[v] < time[u]:
                spread += 1
                gaps.append(time[u] - time[v])
        if spread:
            chance[v, u] = spread / (with_source if kind is CTBernoulli else either)
            delay[v, u] = sum(gaps) / len(gaps)
    rows = []
    for cascade in test:
        for k, now in enumerate(cascade.time.tolist()):
            row = [0.0] * USERS
            for u in range(USERS):
                if u in cascade.user[: k + 1].tolist():
                    continue
                survival = 1.0
                for v, at in zip(cascade.user[: k + 1].tolist(), cascade.time.tolist(), strict=False):
                    if (v, u) not in chance:
                        continue
                    if score == "hazard":
                        row[u] += chance[v, u] / delay[v, u]
                    survival *= 1 - chance[v, u] * math.exp(-(now - at) / delay[v, u])
                if score == "decay":
                    row[u] = 1 - survival
            rows.append(row)
    return torch.tensor(rows, dtype=torch.float64)


@pytest.mark.parametrize("chunk", [2**22, 5])
@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("kind", KINDS)
def test_scores_match_the_paper(kind, score, chunk, monkeypatch) -> None:
    monkeypatch.setattr(influence_model, "LINKS_PER_CHUNK", chunk)
    graph = follow_graph()
    train = random_dataset([4, 1, 7, 3, 5, 6, 8], USERS, follow_graph=graph)
    test = random_dataset([3, 1, 7], USERS, seed=1)
    result = kind(USERS, score).fit(train).scores(whole_batch(test))
    if score == "decay":
        result = -torch.expm1(-result)
    torch.testing.assert_close(result, reference(train, test, graph, kind, score))


@pytest.mark.parametrize("score", SCORES)
def test_later_events_change_nothing(score) -> None:
    graph = follow_graph()
    model = CTBernoulli(USERS, score).fit(random_dataset([8] * 5, USERS, follow_graph=graph))
    whole = random_dataset([8], USERS, seed=2)
    scores = model.scores(whole_batch(whole))
    users, times = whole.table.user.tolist(), whole.table.time.tolist()
    for k in range(1, 8):
        part = dataset_of([users[:k]], USERS, [times[:k]])
        torch.testing.assert_close(model.scores(whole_batch(part)), scores[:k])


def test_an_unknown_user_has_no_influence() -> None:
    model = CTBernoulli(USERS).fit(random_dataset([8] * 5, USERS, follow_graph=follow_graph()))
    scores = model.scores(whole_batch(dataset_of([[USERS + 1, USERS]], USERS + 2)))
    assert scores.shape == (2, USERS)
    assert not scores.any()


def test_simultaneous_events_give_finite_scores() -> None:
    graph = Data(edge_index=torch.tensor([[0, 0], [1, 2]]), num_nodes=3)
    for times, after in (([[0.0, 0.0, 4.0]] * 2, 1), ([[0.0, 0.0, 0.0]] * 2, None)):
        train = dataset_of([[0, 1, 2]] * 2, 3, times, follow_graph=graph)
        for score in SCORES:
            model = CTBernoulli(3, score).fit(train)
            scores = model.scores(whole_batch(dataset_of([[0]], 3)))[0]
            assert scores.isfinite().all()
            assert (scores[1:] > 0).all()
            if after is not None:
                assert model.delay.tolist() == [4.0, 4.0]


def test_simulated_cascades_use_their_true_network() -> None:
    graph = follow_graph()
    with_follow_graph = CTBernoulli(USERS).fit(random_dataset([8] * 5, USERS, follow_graph=graph))
    with_true_graph = CTBernoulli(USERS).fit(random_dataset([8] * 5, USERS, true_graph=graph))
    assert torch.equal(with_follow_graph.edge_index, with_true_graph.edge_index)
    assert torch.equal(with_follow_graph.chance, with_true_graph.chance)


def test_bad_input_raises_an_error() -> None:
    with pytest.raises(UsageError, match=r"CTBernoulli: cascades has no follow graph; .* follow_graph='follows.csv'"):
        CTBernoulli(USERS).fit(random_dataset([4], USERS))
    graph = Data(edge_index=torch.tensor([[1], [0]]), num_nodes=USERS)
    with pytest.raises(DataError, match="in no cascade does a user come after a user whom they follow"):
        CTJaccard(USERS).fit(dataset_of([[0, 1]], USERS, follow_graph=graph))
    with pytest.raises(UsageError, match=r"score='best'\): must be one of 'decay', 'hazard'"):
        CTJaccard(USERS, "best")


def test_a_loaded_model_has_the_same_scores(tmp_path) -> None:
    train = random_dataset([8] * 5, USERS, follow_graph=follow_graph())
    model = CTJaccard(USERS, "hazard").fit(train)
    loaded = load_model(save_model(model, tmp_path / "model.safetensors"))
    batch = whole_batch(train)
    assert loaded.config == {"num_users": USERS, "score": "hazard"}
    assert torch.equal(loaded.scores(batch), model.scores(batch))


def test_links_are_sorted() -> None:
    model = CTBernoulli(USERS).fit(random_dataset([8] * 5, USERS, follow_graph=follow_graph()))
    keys = (model.edge_index[0] * USERS + model.edge_index[1]).tolist()
    assert all(key < following for key, following in pairwise(keys))


@pytest.mark.parametrize("score", SCORES)
def test_rows_of_a_long_cascade_take_memory_for_these_rows_only(score: Any) -> None:
    """The scores of all 100,000 events and as many users would take 80 GB."""
    users = 100_000
    model = CTJaccard(users, score)
    model.edge_index = torch.tensor([[0, 1], [users - 1, users - 1]])
    model.chance, model.delay = (torch.tensor(value, dtype=torch.float64) for value in ([0.5, 0.25], [2.0, 1.0]))
    batch = whole_batch(dataset_of([list(range(users - 1))], users))
    scores = model.scores(batch, torch.tensor([1, users - 2]))
    assert scores.shape == (2, users)
    if score == "hazard":
        assert scores[:, -1].tolist() == [0.5, 0.5]
