"""Tests the interface of next-user models with a window, an alignment, a time head, fixed features and edges."""

from __future__ import annotations

import math

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset
from graphcascade.evaluation import NextUserProtocol, evaluate
from graphcascade.models.next_user import NextEvents
from graphcascade.nn import FixedFeatures
from graphcascade.trainers import NextUserTrainer, Optimization
from graphcascade.trainers.next_user_module import NextUserModule
from graphcascade.transforms import CausalEdges, FollowEdges
from tests.models.attention_model import AttentionModel
from tests.models.contract import assert_contract, assert_overfits
from tests.models.small_data import random_dataset, whole_batch

USERS = 12


@pytest.fixture
def dataset() -> CascadeDataset:
    return random_dataset([3, 1, 6, 2, 5], USERS)


def make_model(window: int | None, fixed: bool = True) -> AttentionModel:
    torch.manual_seed(0)
    features = torch.randn(USERS, 3)
    return AttentionModel(USERS, 8, window, FixedFeatures(features, 8) if fixed else None)


@pytest.mark.parametrize("fixed", [True, False])
@pytest.mark.parametrize("window", [None, 1, 3])
def test_the_model_keeps_the_contract(dataset: CascadeDataset, window: int | None, fixed: bool) -> None:
    assert_contract(make_model(window, fixed), dataset)


def test_the_model_overfits_a_small_set(dataset: CascadeDataset) -> None:
    assert_overfits(make_model(None), dataset)


@pytest.mark.edge_softmax
@pytest.mark.parametrize("window", [None, 2])
def test_edges_give_the_same_as_the_dense_path(dataset: CascadeDataset, window: int | None) -> None:
    model = make_model(window).double()
    batch = whole_batch(dataset)
    dense = model.encode(batch, alignment=True)
    edges = model.encode(CausalEdges(window)(batch.clone()), alignment=True)
    torch.testing.assert_close(dense.user, edges.user)
    torch.testing.assert_close(dense.alignment.edge_weight, edges.alignment.edge_weight)
    assert dense.alignment.edge_index.equal(edges.alignment.edge_index)


@pytest.mark.edge_softmax
def test_the_model_keeps_the_contract_on_a_follow_graph(dataset: CascadeDataset) -> None:
    generator = torch.Generator().manual_seed(0)
    graph = Data(edge_index=torch.randint(USERS, (2, 40), generator=generator), num_nodes=USERS)
    follow = CascadeDataset(dataset.table, FollowEdges(graph, self_loops=False))
    model = make_model(None).double().eval()
    assert not torch.allclose(model.encode(whole_batch(follow)).user, model.encode(whole_batch(dataset)).user)
    # The encoding of an event without an earlier followee is its own vector.
    batch = whole_batch(follow)
    alone = torch.ones(batch.num_nodes, dtype=torch.bool)
    alone[batch.edge_index[1]] = False
    assert bool(alone.any())
    vector = model._vector(batch.user, model.sources(batch), batch.time.diff(prepend=batch.time[:1]))
    first = batch.ptr[:-1][alone[batch.ptr[:-1]]]
    assert first.numel() > 0
    encoded = model.encode(batch).user
    chosen = alone.clone()
    chosen[batch.ptr[:-1]] = False  # their gap is zero, unlike in ``vector``
    torch.testing.assert_close(encoded[chosen], torch.tanh(vector[chosen]))


@pytest.mark.edge_softmax
def test_the_model_keeps_the_contract_with_causal_edges(dataset: CascadeDataset) -> None:
    assert_contract(make_model(None), CascadeDataset(dataset.table, CausalEdges(3)), edges=True)


def test_the_loss_includes_that_of_the_intervals(dataset: CascadeDataset) -> None:
    model = make_model(2).double()
    task = NextUserModule(model, Optimization(learning_rate=0.1), NextUserProtocol("plain"))
    batch = whole_batch(dataset)
    total, count = task.loss(batch, training=True)
    encoding, events = model.encode(batch), NextEvents.from_batch(batch)
    expected = model.readout.loss(encoding.user[events.row], events.target, events.history)
    rate = model.time_head.log_rate(encoding.time).exp().squeeze(-1)
    for number in range(len(dataset)):
        start, stop = batch.ptr[number : number + 2].tolist()
        for event in range(start, stop - 1):
            interval = float(batch.time[event + 1] - batch.time[event])
            expected = expected - (rate[event].log() - rate[event] * interval)
    torch.testing.assert_close(total, expected)
    assert count == sum(int(size) - 1 for size in dataset.table.size)


def test_users_that_training_has_not_seen_are_evaluated(dataset: CascadeDataset) -> None:
    model = make_model(3)
    features = model.embedding.features.clone()
    trainer = NextUserTrainer(max_epochs=2, batch_size=2, protocol=NextUserProtocol("small", ks=(1, 5)), progress=False)
    trainer.fit(model, dataset[:2], dataset[2:4])
    assert model.embedding.features.equal(features)
    assert model.seen.equal(dataset[:2].seen)
    result = evaluate(model, dataset[2:], NextUserProtocol("small", ks=(1, 5)))
    assert 0 < result["MRR"] <= 1
    assert result.counts["next users not seen in training"] > 0


def test_the_time_head_is_an_exponential_distribution() -> None:
    torch.manual_seed(0)
    head = make_model(None).double().time_head
    x = torch.randn(1, 8, dtype=torch.float64).expand(20_000, -1)
    rate = float(head.log_rate(x[0]).detach().exp())
    drawn = head.sample(x, torch.Generator().manual_seed(0)).detach()
    assert float(drawn.mean()) == pytest.approx(1 / rate, rel=0.05)
    assert float((drawn <= head.median(x).detach()).double().mean()) == pytest.approx(0.5, abs=0.02)
    assert float(head.log_prob(x[:1], torch.tensor([2.0])).detach()) == pytest.approx(math.log(rate) - 2 * rate)
