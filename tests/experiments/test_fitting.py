from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.experiments import Case, Experiment, ModelRow
from graphcascade.experiments.finished_runs import FinishedRuns
from graphcascade.experiments.fitting import fit_in_stages, fit_model
from graphcascade.models import LSTM, NDM, HawkesProcess, Markov, Netrate, TrueHazards
from graphcascade.models.embedding import DeepWalk
from graphcascade.nn import GraphEmbedding, SourceFusion
from graphcascade.simulate import cyan_cascades
from graphcascade.trainers import AdversarialTrainer, NextUserTrainer
from tests.models.small_data import dataset_of

USERS = 6
SIZE = {"dim": 4, "hidden": 4}


def cascades() -> CascadeDataset:
    generator = torch.Generator().manual_seed(0)
    return dataset_of([torch.randperm(USERS, generator=generator)[:3].tolist() for _ in range(30)], USERS)


def case(model: str | None, data: CascadeDataset | None = None, **settings: Any) -> Case[ModelRow]:
    row = ModelRow(name="mine", model=model, **settings)
    experiment = Experiment("mine", "", "", "", "", "events", ["MRR"], {}, (row,))
    return Case(experiment, "mine", data or cascades(), row, 3, FinishedRuns(Path("unused")), False)


def same(model: torch.nn.Module, other: torch.nn.Module) -> bool:
    weights, others = model.state_dict(), other.state_dict()
    return weights.keys() == others.keys() and all(torch.equal(weights[name], others[name]) for name in weights)


def test_arguments_trainer_and_seed_are_used() -> None:
    train, val, _ = cascades().splits()
    model = fit_model(case("LSTM", arguments=SIZE, trainer={"learning_rate": 0.1}), train, val, max_epochs=2)
    torch.manual_seed(3)
    expected = LSTM(USERS, **SIZE)
    NextUserTrainer(max_epochs=2, learning_rate=0.1, seed=3, progress=False).fit(expected, train, val)
    assert same(model, expected)


def test_fusion_and_adversary_are_used() -> None:
    train, val, _ = cascades().splits()
    settings = {"batch_size": 8, "max_epochs": 2}
    adversary = {"every": 0, "warmup_epochs": 0}
    row = case("LSTM", arguments=SIZE, fusion={"fusion": "sum"}, adversary=adversary, trainer=settings)
    model = fit_model(row, train, val)
    torch.manual_seed(3)
    expected = LSTM(USERS, **SIZE, embedding=SourceFusion(USERS, 4, "sum"))
    AdversarialTrainer(**adversary, **settings, seed=3, progress=False).fit(expected, train, val)
    assert same(model, expected)


def test_vectors_of_the_follow_graph_are_used() -> None:
    graph = Data(edge_index=torch.tensor([[0, 1, 2], [1, 2, 3]]), num_nodes=USERS)
    data = cascades().with_follow_graph(graph)
    train, val, _ = data.splits()
    model = fit_model(case("NDM", data, arguments={"dim": 4, "heads": 1}, social_dim=2), train, val, max_epochs=1)
    assert isinstance(model, NDM)
    assert torch.equal(model.embedding.features[:-1], DeepWalk(2, seed=3).fit(graph))
    other = fit_model(case("LSTM", data, arguments=SIZE, social_dim=2), train, val, max_epochs=1)
    assert isinstance(other, LSTM)
    assert torch.equal(other.embedding.features[:-1], model.embedding.features[:-1])


def test_graphs_are_used() -> None:
    graph = Data(edge_index=torch.tensor([[0, 1, 2], [1, 2, 3]]), num_nodes=USERS)
    data = cascades().with_follow_graph(graph)
    train, val, _ = data.splits()
    row = case("LSTM", data, arguments=SIZE, graph={"graph": "both", "encoder": "GCN", "layers": 1})
    model = fit_model(row, train, val, max_epochs=2)
    torch.manual_seed(3)
    expected = LSTM(USERS, **SIZE, embedding=GraphEmbedding(graph, 4, "GCN", 1, cascade_window=1))
    NextUserTrainer(max_epochs=2, seed=3, progress=False).fit(expected, train, val)
    assert same(model, expected)


def test_models_without_epochs_are_fitted() -> None:
    data = cyan_cascades("core-periphery", num_cascades=100)
    train, val, _ = data.splits("random")
    hazards = fit_model(case("TrueHazards", data), train, val)
    assert same(hazards, TrueHazards.from_dataset(data))
    assert isinstance(fit_model(case("Hawkes", data), train), HawkesProcess)
    network = fit_model(case("Netrate", data, arguments={"delays": "rayleigh"}), train)
    assert isinstance(network, Netrate)
    assert torch.equal(network.graph.edge_weight, Netrate("rayleigh").fit(train).graph.edge_weight)
    (counter,) = fit_in_stages(case("Markov", data), train, [0])
    assert same(counter, Markov(data.num_users).fit(train))


def test_stages_are_one_training() -> None:
    train, _, _ = cascades().splits()
    stages = [
        {name: value.clone() for name, value in model.state_dict().items()}
        for model in fit_in_stages(case("LSTM", arguments=SIZE), train, [1, 3])
    ]
    for epochs, weights in zip((1, 3), stages, strict=True):
        torch.manual_seed(3)
        expected = LSTM(USERS, **SIZE)
        NextUserTrainer(max_epochs=epochs, patience=None, seed=3, progress=False).fit(expected, train)
        assert all(torch.equal(weights[name], value) for name, value in expected.state_dict().items())


def test_bad_settings_raise_an_error() -> None:
    train, val, _ = cascades().splits()
    with pytest.raises(UsageError, match="row 'mine' has no model"):
        fit_model(case(None), train, val)
    with pytest.raises(UsageError, match=r"social_dim=2: \w+ has no follow graph"):
        fit_model(case("NDM", social_dim=2), train, val)
