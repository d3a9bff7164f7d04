from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch_geometric.data import Data, HeteroData
from torch_geometric.nn import GCNConv, SAGEConv

from graphcascade.data import CascadeDataset, successor_graph
from graphcascade.errors import DataError, UsageError
from graphcascade.evaluation import NextUserProtocol, evaluate
from graphcascade.models import CYANRNN, LSTM, NDM, RMTPP, RNN, DeepDiffuse, HiDAN, load_model, save_model
from graphcascade.nn import GRAPH_ENCODERS, GraphEmbedding, UserEmbedding, graph_embedding
from graphcascade.trainers import NextUserTrainer
from tests.models.contract import assert_contract, assert_overfits
from tests.models.small_data import random_dataset, whole_batch

USERS, DIM = 9, 4
LINKS = Data(edge_index=torch.tensor([[0, 0, 1, 2, 3, 3, 6, 5, 7], [1, 2, 3, 0, 4, 5, 0, 8, 3]]), num_nodes=USERS)
TRAIN = random_dataset([3, 1, 6, 2, 5, 1, 4], USERS)
FORMS: list[dict[str, Any]] = [
    {"graph": LINKS},
    {"graph": LINKS, "cascade_window": 2, "encoder": "GCN"},
    {"graph": USERS, "cascade_window": 1, "encoder": "GAT", "layers": 1},
]


def make(graph: Any = LINKS, own_dropout: float = 0.0, **arguments: Any) -> GraphEmbedding:
    torch.manual_seed(0)
    return GraphEmbedding(graph, DIM, own_dropout=own_dropout, **{"std": 1.0, **arguments})


def test_vectors_match_the_equation() -> None:
    """The equation in plain loops in float64, for SAGE on two graphs in one direction."""
    graphs = HeteroData()
    graphs["user"].num_nodes = USERS
    graphs["user", "follows", "user"].edge_index = LINKS.edge_index
    graphs["user", "knows", "user"].edge_index = torch.tensor([[4, 8, 0], [0, 0, 7]])
    graphs["user", "knows", "user"].edge_weight = torch.tensor([1.0, 3.0, 2.0])
    torch.manual_seed(1)
    features = torch.randn(USERS, 2)
    embedding = make(graphs, undirected=False, features=features).double().eval()
    seen = torch.arange(USERS) % 4 != 1
    embedding.set_seen(seen)
    state = embedding.state_dict()
    first = [
        state["weight"][user] * float(seen[user]) + state["project.weight"] @ features[user].double()
        for user in range(USERS)
    ]
    h = first
    for layer in range(2):
        total = [torch.zeros(DIM, dtype=torch.float64) for _ in range(USERS)]
        for relation, name in enumerate(("follows", "knows")):
            store = graphs["user", name, "user"]
            weights = store.get("edge_weight", torch.ones(store.edge_index.size(1)))
            prefix = f"layers.{layer}.{relation}.layer."
            for user in range(USERS):
                edges = [edge for edge in range(weights.numel()) if store.edge_index[1, edge] == user]
                mean = torch.zeros(DIM, dtype=torch.float64)
                for edge in edges:
                    mean += weights[edge] / weights[edges].sum() * h[int(store.edge_index[0, edge])]
                total[user] = total[user] + (
                    state[prefix + "lin_rel.weight"] @ mean
                    + state[prefix + "lin_rel.bias"]
                    + state[prefix + "lin_root.weight"] @ h[user]
                )
        h = [each / 2 if layer == 1 else (each / 2).relu() for each in total]
    expected = torch.stack([own + encoded for own, encoded in zip(first, h, strict=True)])
    assert torch.allclose(embedding(torch.arange(USERS)), expected, atol=1e-12)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", [LSTM, RNN, NDM, CYANRNN, RMTPP, DeepDiffuse, HiDAN])
def test_all_neural_models_accept_a_graph(form: dict[str, Any], kind: Any) -> None:
    heads = {"heads": 2} if kind is NDM else {}
    model = kind(USERS, dim=DIM, embedding=make(**form), **heads)
    model.prepare(TRAIN)
    assert_contract(model, TRAIN)


def test_a_model_with_a_graph_overfits() -> None:
    dataset = random_dataset([3, 4, 2], USERS)
    assert_overfits(LSTM(USERS, dim=16, hidden=16, embedding=GraphEmbedding(LINKS, 16, own_dropout=0.0)), dataset)


@pytest.mark.parametrize("encoder", ["GCN", "SAGE", "GAT", "GATv2", "Transformer"])
@pytest.mark.parametrize("window", [0, 2])
def test_sampling_all_neighbours_equals_the_whole_graph(encoder: str, window: int) -> None:
    exact, sampled = (make(encoder=encoder, cascade_window=window, fan_out=fan_out) for fan_out in (None, 50))
    sampled.load_state_dict(exact.state_dict() | {})
    user = torch.tensor([8, 3, 3, 0, USERS, 1])
    for embedding in (exact, sampled):
        embedding.prepare(TRAIN)
        embedding.double().train()
    results = exact(user), sampled(user)
    assert torch.allclose(*results, atol=1e-12)
    for result in results:
        result.square().sum().backward()
    gradients = [
        [value.grad for name, value in each.named_parameters() if value.grad is not None] for each in (exact, sampled)
    ]
    assert all(torch.allclose(one, other) for one, other in zip(*gradients, strict=True))
    assert torch.allclose(sampled.eval()(user), results[0])  # tests use all neighbours


def test_large_graphs_are_computed_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    embedding = make(cascade_window=1, encoder="GAT").double().eval()
    embedding.prepare(TRAIN)
    expected = embedding.vectors()  # with gradients: at once
    monkeypatch.setattr(graph_embedding, "MAX_EDGES", 4)
    with torch.no_grad():
        assert torch.allclose(embedding.vectors(), expected, atol=1e-12)


def test_the_cost_of_sampling_does_not_depend_on_the_size_of_the_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    large = Data(edge_index=torch.randint(5000, (2, 50_000)), num_nodes=5000)
    embedding = GraphEmbedding(large, DIM, fan_out=3).train()
    nodes: list[int] = []
    inputs = GraphEmbedding._inputs

    def spy(self: GraphEmbedding, node: Tensor | None, own: Tensor) -> Tensor:
        nodes.append(-1 if node is None else node.numel())
        return inputs(self, node, own)

    monkeypatch.setattr(GraphEmbedding, "_inputs", spy)
    embedding(torch.tensor([1, 2, 1]))
    assert len(nodes) == 1
    assert 2 < nodes[0] <= 2 * (1 + 3) ** 2


def test_messages_are_passed_once_in_a_step_and_once_in_a_test() -> None:
    model = LSTM(USERS, dim=DIM, hidden=5, embedding=make())
    model.prepare(TRAIN)
    calls = []
    model.embedding.layers[0][0].register_forward_hook(lambda *_: calls.append(1))  # type: ignore[index]
    NextUserTrainer(max_epochs=2, batch_size=3, progress=False).fit(model, TRAIN)
    assert len(calls) == 2 * 3  # batches
    calls.clear()
    evaluate(model, TRAIN, NextUserProtocol("small", ks=(1,)), allow_overlap=True)
    evaluate(model, TRAIN, NextUserProtocol("small", ks=(1,)), allow_overlap=True)
    assert len(calls) <= 2  # once in each change to tests


def test_tests_see_the_weights_after_a_step_of_a_fused_optimizer() -> None:
    embedding = make()
    optimizer = torch.optim.Adam(embedding.parameters(), lr=0.1, fused=True)
    user = torch.arange(USERS)
    for mode in (True, False):
        embedding.eval()
        with torch.no_grad():
            before = embedding(user).clone()
        embedding.train(mode)(user).square().sum().backward()
        optimizer.step()
        embedding.train(mode).eval() if mode else None
        with torch.no_grad():
            assert not torch.allclose(embedding(user), before)
            assert torch.equal(embedding(user), embedding._compute_all(dropout=False)[0][:-1])


def test_unseen_users_get_the_vectors_of_their_neighbours() -> None:
    embedding = make(undirected=False, layers=1).eval()
    embedding.set_seen(torch.arange(USERS) != 4)
    other = torch.arange(USERS)
    before = embedding(other)
    with torch.no_grad():
        embedding.weight[4] += 100  # an unseen user has no vector of its own
        assert torch.allclose(embedding(other), before)
        embedding.weight[3] += 1  # user 4 follows user 3
    changed = (embedding(other) != before).any(1).tolist()
    assert [user for user in range(USERS) if changed[user]] == [3, 4, 5]


def test_some_users_lose_their_own_vectors_in_training_only() -> None:
    embedding = make(own_dropout=0.4)
    dropped = []
    for _ in range(200):
        embedding.train()(torch.arange(USERS))
        _, own = embedding.scoring_vectors()
        dropped.append(~own)
    assert torch.stack(dropped).double().mean() == pytest.approx(0.4, abs=0.05)
    assert embedding.eval().scoring_vectors()[1].all()


def test_new_users_are_scored_by_their_vectors_only_and_are_no_negatives() -> None:
    model = LSTM(USERS, dim=DIM, hidden=5, terminate=True, embedding=make())
    model.prepare(TRAIN)
    seen = torch.arange(USERS) != 4
    model.embedding.set_seen(seen)
    with torch.no_grad():
        model.readout.bias += torch.arange(USERS + 1.0)  # type: ignore[operator]
    weight, bias = model.eval().readout.columns()
    vector = model.embedding(torch.arange(USERS))
    readout = model.readout
    assert readout.projection is not None
    assert torch.allclose(weight[4], readout.projection @ vector[4])
    assert torch.allclose(weight[5], readout.weight[5] + readout.projection @ vector[5])
    assert torch.equal(weight[USERS], readout.weight[USERS])
    assert bias is not None
    assert bias.tolist() == [0, 1, 2, 3, 0, 5, 6, 7, 8, 9]
    model.train().encode(whole_batch(TRAIN))
    _, bias = model.readout.columns()
    assert bias is not None
    assert (bias == -torch.inf).tolist() == [user == 4 for user in range(USERS + 1)]


def test_a_new_user_close_to_the_infected_ones_ranks_high() -> None:
    """Cascades stay in one of two communities; a new member of one of them is ranked before one of the other."""
    torch.manual_seed(0)
    users, half = 42, 21
    inside = [(i, j) for first in (0, half) for i in range(first, first + half) for j in range(first, first + half)]
    graph = Data(edge_index=torch.tensor([pair for pair in inside if pair[0] != pair[1]]).t(), num_nodes=users)
    base = random_dataset([4] * 80, users)
    member = torch.rand(80, half - 1).argsort(1)[:, :4] + half * (torch.arange(80) % 2).unsqueeze(1)
    train = CascadeDataset(replace(base.table, user=member.flatten(), fingerprint=None))
    model = LSTM(users, dim=8, hidden=8, embedding=GraphEmbedding(graph, 8))
    NextUserTrainer(max_epochs=25, learning_rate=0.02, progress=False).fit(model, train)
    assert model.seen.logical_not().nonzero().view(-1).tolist() == [half - 1, users - 1]
    scores = model.readout.log_prob
    with torch.no_grad():
        batch = whole_batch(train[:2])
        from graphcascade.models.next_user import NextEvents

        last = NextEvents.from_batch(batch, users).select(batch.ptr[1:] - 1)
        probability = scores(model.encode(batch).user[last.row], last.history)
    assert probability[0, half - 1] > probability[0, users - 1] + 1
    assert probability[1, users - 1] > probability[1, half - 1] + 1


def test_the_graph_of_cascades_is_that_of_the_training_part() -> None:
    dataset = random_dataset([3, 4, 2, 5, 3, 4, 2, 5, 3, 4], USERS)
    train, val, test = dataset.splits("random", seed=0)
    table = dataset.table
    user = table.user.clone()
    for part in (val, test):
        for cascade in part.cascade_index.tolist():
            rows = slice(int(table.ptr[cascade]), int(table.ptr[cascade + 1]))
            user[rows] = user[rows].flip(0)
    changed = CascadeDataset(replace(table, user=user, fingerprint=None)).index_select(train.cascade_index)
    models = []
    for part in (train, changed):
        torch.manual_seed(0)
        model = LSTM(USERS, dim=DIM, embedding=GraphEmbedding(USERS, DIM, cascade_window=1))
        models.append(NextUserTrainer(max_epochs=2, progress=False).fit(model, part))
    states = [model.state_dict() for model in models]
    assert all(states[0][name].equal(states[1][name]) for name in states[0])
    graph = successor_graph(train)
    sampler = models[0].embedding._samplers[0]
    pairs = {tuple(pair) for pair in graph.edge_index.t().tolist()}
    assert sampler.num_edges == len(pairs | {(target, source) for source, target in pairs})


@pytest.mark.parametrize("fan_out", [None, 1])
def test_a_resumed_run_equals_one_without_an_interruption(tmp_path: Path, fan_out: int | None) -> None:
    def make_model() -> LSTM:
        torch.manual_seed(5)
        return LSTM(USERS, dim=DIM, hidden=5, embedding=GraphEmbedding(LINKS, DIM, cascade_window=1, fan_out=fan_out))

    settings: dict[str, Any] = {"progress": False, "batch_size": 2}
    whole = NextUserTrainer(max_epochs=3, **settings).fit(make_model(), TRAIN, TRAIN)
    NextUserTrainer(max_epochs=1, directory=tmp_path / "run", **settings).fit(make_model(), TRAIN, TRAIN)
    trainer = NextUserTrainer(max_epochs=3, directory=tmp_path / "run", **settings)
    resumed = trainer.fit(make_model(), TRAIN, TRAIN, resume=True)
    one, other = whole.state_dict(), resumed.state_dict()
    assert all(one[name].equal(other[name]) for name in one)


@pytest.mark.parametrize("encoder", list(GRAPH_ENCODERS))
def test_a_loaded_model_predicts_as_the_saved_one(tmp_path: Path, encoder: str) -> None:
    features = torch.randn(USERS, 3)
    embedding = make(encoder=encoder, cascade_window=2, features=features, fan_out=None)
    model = LSTM(USERS, dim=DIM, hidden=5, embedding=embedding)
    NextUserTrainer(max_epochs=1, progress=False).fit(model, TRAIN)
    loaded = load_model(save_model(model, tmp_path / "model.safetensors"))
    batch = whole_batch(TRAIN)
    assert isinstance(loaded, LSTM)
    assert loaded.encode(batch).user.equal(model.encode(batch).user)
    assert loaded.readout.columns()[0].equal(model.readout.columns()[0])
    assert loaded.embedding.config == model.embedding.config
    assert copy.deepcopy(model).encode(batch).user.equal(model.encode(batch).user)


class OwnLayer(SAGEConv):
    """A layer of the user's own."""


def test_a_layer_of_ones_own_is_saved_if_it_is_registered(tmp_path: Path) -> None:
    model = LSTM(USERS, dim=DIM, hidden=5, embedding=make(encoder=OwnLayer))
    NextUserTrainer(max_epochs=1, progress=False).fit(model, TRAIN)
    with pytest.raises(UsageError, match="cannot be saved"):
        save_model(model, tmp_path / "model.safetensors")
    GRAPH_ENCODERS.register("OwnLayer")(OwnLayer)
    try:
        model = LSTM(USERS, dim=DIM, hidden=5, embedding=make(encoder=OwnLayer))
        NextUserTrainer(max_epochs=1, progress=False).fit(model, TRAIN)
        loaded: Any = load_model(save_model(model, tmp_path / "model.safetensors"))
        assert isinstance(loaded.embedding.layers[0][0].layer, OwnLayer)
    finally:
        GRAPH_ENCODERS.remove("OwnLayer")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layers": 0}, r"layers=0\): must be at least 1"),
        ({"cascade_window": -1}, r"cascade_window=-1\): must be 0 or more"),
        ({"fan_out": 0}, r"fan_out=0\): must be at least 1"),
        ({"own_dropout": 1.0}, r"own_dropout=1.0\): must be 0 or more, and below 1"),
        ({"encoder": "GNC"}, r"encoder='GNC'\): did you mean GIN or GCN"),
        ({"encoder": "GIN", "fan_out": 3}, r"fan_out=3\): GIN sums over all neighbours"),
        ({"fan_out": 3, "score_users": True}, r"score_users=True\): needs the vectors of all users"),
        ({"graph": USERS}, r"graph=9\): is only a number of users; .* cascade_window=1"),
        ({"graph": 0, "cascade_window": 1}, r"graph=0\): must be at least one user"),
        ({"graph": Data(num_nodes=3)}, "the graph 'graph' has no edges"),
        ({"graph": Data(edge_index=torch.tensor([[0], [3]]), num_nodes=3)}, "an edge to a user outside its 3"),
        (
            {"graph": Data(edge_index=torch.tensor([[0], [1]]), edge_weight=torch.tensor([-1.0]), num_nodes=3)},
            "a weight that is negative",
        ),
        ({"graph": HeteroData()}, r"graph\): has the nodes none, must have 'user' only"),
        ({"features": torch.zeros(3, 2)}, r"features\): has the shape \[3, 2\], must have \[9, k\]"),
        ({"features": torch.full((USERS, 2), torch.nan)}, r"features\): has a value that is not finite"),
    ],
)
def test_bad_arguments_raise_an_error(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises((UsageError, DataError), match=message):
        make(**arguments)


def test_a_graph_without_the_users_of_the_cascades_is_an_error() -> None:
    graph = Data(edge_index=torch.tensor([[0], [1]]), num_nodes=USERS)
    table = replace(TRAIN.table, user=TRAIN.table.user.clamp(min=2), fingerprint=None)
    with pytest.raises(DataError, match=r"none of the . users of the training cascades has a link in the graph"):
        LSTM(USERS, dim=DIM, embedding=make(graph)).prepare(CascadeDataset(table))


def test_str_shows_encoder_and_edges() -> None:
    assert str(make(encoder="gcn")).startswith("GraphEmbedding(\n  9, 4, encoder='GCN', edges={graph: 16}")
    assert isinstance(make(), UserEmbedding)
    assert GRAPH_ENCODERS["GCN"] is GCNConv
