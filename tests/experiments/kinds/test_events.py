from __future__ import annotations

from pathlib import Path
from statistics import mean

import pytest
import torch

from graphcascade.analysis import edge_report, infer_network, infer_parents, parent_accuracy
from graphcascade.data import CascadeDataset
from graphcascade.datasets import DATASETS
from graphcascade.errors import UsageError
from graphcascade.evaluation import evaluate, evaluate_times
from graphcascade.experiments import reproduce
from graphcascade.experiments.kinds.events import PROTOCOL
from graphcascade.models import CYANRNN, HiDAN, Netrate, TrueHazards
from graphcascade.simulate import cyan_cascades
from graphcascade.trainers import NextUserTrainer

YAML = """
title: next
paper: theirs
url: https://example.org
place: Fig. 1
kind: events
metrics: [Hit@1, RMSE, F1, AUC, who infected whom, the last event]
datasets: {cyan-cp-exp: }
networks: 2
seeds: 2
rows:
  - {name: before}
  - {name: ceiling, model: TrueHazards}
  - {name: after, model: TrueHazards, attribution: posterior}
  - &model
    name: attention
    model: CYANRNN
    arguments: {dim: 4, hidden: 4, state: 4, keys: input, readout: context}
    trainer: {max_epochs: 2, learning_rate: 0.01, batch_size: 32}
  - {<<: *model, name: posterior, attribution: posterior}
  - {<<: *model, name: likelihood, attribution: likelihood}
  - {name: masked, model: RMTPP, arguments: {dim: 4, hidden: 4, mask_infected: true}, trainer: {max_epochs: 1}}
  - {name: network, model: Netrate}
  - {name: followers, model: CTBernoulli}
  - {name: times, model: Hawkes}
claims:
  - {row: attention, within: 1, of: ceiling, "metrics": [Hit@1]}
"""


def simulated(network_seed: int = 0, seed: int = 0) -> CascadeDataset:
    return cyan_cascades("core-periphery", num_cascades=100, network_seed=network_seed, seed=seed)


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(DATASETS._entries, "cyan-cp-exp", simulated)
    path = tmp_path / "mine.yaml"
    path.write_text(YAML)
    return path


def test_figures_are_those_of_the_models(mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (result,) = reproduce(mine, directory=tmp_path / "out")
    table = result.figures.pivot(index="row", columns="metric", values="measured")
    expected: dict[tuple[str, str], list[float]] = {}

    def note(row: str, metric: str, value: float) -> None:
        expected.setdefault((row, metric), []).append(value)

    for network in (0, 1):
        data = simulated(network, network)
        true = data.true_graph
        train, val, test = data.splits("random", seed=0)
        ceiling = TrueHazards.from_dataset(data)
        note("ceiling", "Hit@1", evaluate(ceiling, test, PROTOCOL)["Hit@1"])
        note("ceiling", "RMSE", evaluate_times(ceiling, test)["RMSE"])
        note("after", "who infected whom", parent_accuracy(infer_parents(ceiling, train, "posterior"), train))
        note("before", "F1", edge_report(infer_network(None, train), true).f1)
        note("before", "AUC", edge_report(infer_network(None, train, share=0), true).auc)
        note("before", "the last event", 1.0)
        note("network", "F1", edge_report(Netrate(prune=True).fit(train).graph, true).f1)
        note("network", "AUC", edge_report(Netrate().fit(train).graph, true).auc)
        for seed in (0, 1):
            torch.manual_seed(seed)
            model = CYANRNN(32, dim=4, hidden=4, state=4, keys="input", readout="context")
            loop = NextUserTrainer(
                max_epochs=2, learning_rate=0.01, batch_size=32, protocol=PROTOCOL, monitor="loss", seed=seed,
                progress=False,
            )  # fmt: skip
            loop.fit(model, train, val)
            note("attention", "Hit@1", evaluate(model, test, PROTOCOL)["Hit@1"])
            note("attention", "RMSE", evaluate_times(model, test)["RMSE"])
            for row, reading in (("attention", "alignment"), ("posterior", "posterior"), ("likelihood", "likelihood")):
                note(row, "who infected whom", parent_accuracy(infer_parents(model, train, reading), train))
                note(row, "F1", edge_report(infer_network(model, train, reading), true).f1)
    for (row, metric), values in expected.items():
        assert table.loc[row, metric] == pytest.approx(mean(values)), (row, metric)
    seeds = result.figures.set_index(["row", "metric"])["seeds"]
    assert (seeds["attention", "Hit@1"], seeds["ceiling", "Hit@1"]) == (2, 1)
    assert table.loc["times"].notna().tolist() == [False, False, False, True, False, False]  # RMSE alone
    assert table.loc["followers"].dropna().index.tolist() == ["Hit@1"]
    assert [one.supported for one in result.claims] == [True]
    assert "infected users excluded" in result.protocols["masked"]
    assert "infected users ranked too" in result.protocols["attention"]
    monkeypatch.setattr(NextUserTrainer, "fit", None)
    (again,) = reproduce(mine, directory=tmp_path / "out")
    assert again.to_dict() == result.to_dict()


@pytest.mark.parametrize("picture", ["alignments", "networks"])
def test_each_picture_is_drawn(mine: Path, tmp_path: Path, picture: str) -> None:
    mine.write_text(YAML.replace("kind: events", f"kind: events\npicture: {picture}"))
    (result,) = reproduce(mine, directory=tmp_path / "out", seeds=1)
    assert result.files[1].read_bytes().startswith(b"\x89PNG")


def test_every_model_with_an_alignment_has_a_network(mine: Path, tmp_path: Path) -> None:
    head = YAML.partition("rows:")[0].replace("networks: 2\nseeds: 2\n", "")
    row = "{name: attention, model: HiDAN, arguments: {dim: 4}, trainer: {max_epochs: 1}"
    mine.write_text(f"{head}rows:\n  - {row}}}\n")
    (result,) = reproduce(mine, directory=tmp_path / "out")
    figures = result.figures.set_index("metric")["measured"]
    train, val, _ = simulated().splits("random", seed=0)
    torch.manual_seed(0)
    settings = {"max_epochs": 1, "monitor": "loss", "protocol": PROTOCOL, "progress": False}
    model = NextUserTrainer(**settings).fit(HiDAN(train.num_users, dim=4), train, val)
    assert figures["F1"] == edge_report(infer_network(model, train), train.true_graph).f1
    assert figures["who infected whom"] == parent_accuracy(infer_parents(model, train), train)
    mine.write_text(f"{head}rows:\n  - {row}, attribution: posterior}}\n")
    with pytest.raises(UsageError, match="HiDAN has no such attribution"):
        reproduce(mine, directory=tmp_path / "out")


def test_networks_without_rates_predict_no_events(mine: Path, tmp_path: Path) -> None:
    mine.write_text(
        f"{YAML.partition('rows:')[0]}rows:\n  - {{name: network, model: EmbeddedIC, arguments: {{dim: 2}}}}\n"
    )
    with pytest.raises(UsageError, match="EmbeddedIC has discrete delays"):
        reproduce(mine, directory=tmp_path / "out")
