"""One function trains, saves, tests and compares models of all tasks."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from graphcascade.evaluation import evaluate, evaluate_times
from graphcascade.models import LSTM, RMTPP, Markov, Netrate, PoissonProcess, load_model
from graphcascade.options import NetworkOptions, NextUserOptions, ProtocolOptions, TrainingOptions
from graphcascade.simulate import cyan_cascades
from graphcascade.tasks import TASKS, Run, fit_and_test
from graphcascade.trainers import NextUserTrainer
from graphcascade.trainers.run_folder import RunFolder

DATASET = cyan_cascades("core-periphery", "exponential", num_cascades=120)
OPTIONS = NextUserOptions(testing=ProtocolOptions("random"), training=TrainingOptions(max_epochs=2))


def run(kind: type, path: Path | None = None, options: NextUserOptions = OPTIONS, **changes: object) -> Run:
    task = TASKS["next-user"]
    model = task.make(kind, DATASET, {}, options, seed=1)
    trainer = task.trainer(options, 1, False)
    folder = None if path is None else RunFolder(path)
    return fit_and_test(task, model, task.split(DATASET, options, 1), trainer, options, folder=folder, **changes)


def test_figures_are_those_of_the_trainer() -> None:
    train, val, test = DATASET.splits("random", seed=1)
    trainer = NextUserTrainer(max_epochs=2, protocol="random", seed=1, progress=False)
    task = TASKS["next-user"]
    model = trainer.fit(task.make(LSTM, DATASET, {}, OPTIONS, seed=1), train, val)
    found = run(LSTM)
    assert found.result.metrics.equals(trainer.test(model, test).metrics)
    assert list(found.results) == ["result"]
    baselines = {result.model: result for result in found.comparison.test}
    assert list(baselines)[:1] == ["Popularity"]
    assert len(baselines) == 4
    assert baselines["Markov"]["MRR"] == evaluate(Markov(DATASET.num_users).fit(train), test, "random", 1)["MRR"]
    assert found.comparison.validation[0].model == "LSTM"
    assert {result.split.part for result in found.comparison.validation if result.split} == {"val"}


def test_the_run_folder_has_model_results_and_configuration(tmp_path: Path) -> None:
    found = run(RMTPP, tmp_path / "run", settings={"seed": 1}, notes={"protocol": "random"})
    names = {path.name for path in (tmp_path / "run").iterdir()}
    results = {"config.json", "result.json", "times.json", "counters.json", "validation.json", "time_baselines.json"}
    assert results | {"model.safetensors", "checkpoints", "logs"} <= names
    assert json.loads((tmp_path / "run" / "times.json").read_text()) == json.loads(
        json.dumps(found.results["times"].to_dict())
    )
    assert [result.model for result in found.comparison.times] == ["PoissonProcess", "HawkesProcess"]
    train, _, test = DATASET.splits("random", seed=1)
    poisson = evaluate_times(PoissonProcess().fit(train), test, 1)
    assert found.comparison.times[0].metrics.equals(poisson.metrics)
    assert found.to_dict()["times"] == found.results["times"].to_dict()
    model = load_model(tmp_path / "run" / "model.safetensors")
    assert model.notes == {"protocol": "random"}
    assert json.loads((tmp_path / "run" / "config.json").read_text()) == {"seed": 1}


def test_a_counting_model_is_compared_on_the_test_data_only(tmp_path: Path) -> None:
    found = run(Markov, tmp_path)
    assert [result.model for result in found.comparison.test] == ["Popularity", "SourceCooccurrence", "RecentUsers"]
    assert found.comparison.validation == []
    assert not (tmp_path / "validation.json").exists()


def test_a_run_without_baselines_says_why(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "graphcascade"):
        without = NextUserOptions(testing=ProtocolOptions("random", counters=False))
        assert run(Markov, options=without).comparison.test == []
        options = NextUserOptions(testing=ProtocolOptions("forest"), training=OPTIONS.training)
        assert TASKS["next-user"].skip_comparison_reason(options) is not None
    assert "Markov was not compared with counting baselines: the option counters is false" in caplog.text


def test_a_network_is_tested_on_whole_cascades(tmp_path: Path) -> None:
    task, options = TASKS["network"], NetworkOptions(ProtocolOptions("random"))
    parts = task.split(DATASET, options, 0)
    trainer = task.trainer(options, 0, False)
    model = task.make(Netrate, DATASET, {"prune": True}, options)
    found = fit_and_test(task, model, parts, trainer, options, folder=RunFolder(tmp_path))
    assert found.model.graph.num_edges > 0
    assert found.result.dataset == parts.test.name
    assert [result.model for result in found.comparison.test][:2] == ["Popularity", "SourceCooccurrence"]
