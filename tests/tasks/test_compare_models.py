"""Models of a task are compared under one protocol, and chosen on the validation data."""

from __future__ import annotations

import html
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graphcascade.data import CascadeDataset
from graphcascade.errors import UnknownNameError, UsageError
from graphcascade.evaluation import compare_results, paired_difference
from graphcascade.models import LSTM, RNN, load_model
from graphcascade.options import (
    CascadeSizeOptions,
    NextUserOptions,
    ObservationOptions,
    PopularityOptions,
    ProtocolOptions,
    RankingOptions,
    TrainingOptions,
)
from graphcascade.simulate import cyan_cascades
from graphcascade.tasks import TASKS, ModelComparison, NextUserTask, compare_models
from graphcascade.tasks.next_user_task import COUNTING_BASELINES
from tests.models.cascade_size.small_cascades import growing_cascades
from tests.models.popularity.small_stream import random_stream
from tests.models.ranking.small_network import random_network

DATASET = cyan_cascades("core-periphery", "exponential", num_cascades=120)
TRAINING = TrainingOptions(max_epochs=2)
OPTIONS = NextUserOptions(testing=ProtocolOptions("random"), training=TRAINING)


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> ModelComparison:
    folder = tmp_path_factory.mktemp("compared")
    return compare_models("next-user", DATASET, ["LSTM", RNN], OPTIONS, 2, directory=folder, settings={"data": "x"})


def test_all_models_are_in_the_table(comparison: ModelComparison) -> None:
    table = comparison.table.set_index("model")
    baselines = {kind.__name__ for kind in COUNTING_BASELINES} | {"CTBernoulli"}
    assert set(table.index) == {"LSTM", "RNN", *baselines}
    assert set(table.index[table["kind"] == "baseline"]) == baselines
    assert table["validation"].is_monotonic_decreasing
    assert table.index[0] == comparison.best
    assert table.loc["LSTM", "seeds"] == 2
    assert table.loc["Markov", "seeds"] == 1
    assert table["left out"].isna().all()


def test_the_table_says_what_its_intervals_are(comparison: ModelComparison) -> None:
    order = "higher is better; sorted by validation, which also chose the settings"
    intervals = "intervals of Student's t over cascades, and of the variance over the seeds"
    assert comparison.notes[0] == f"{order}; {intervals}"
    single = replace(comparison, table=comparison.table.assign(spread=math.nan))
    assert single.notes[0] == f"{order}; intervals of Student's t over cascades"


def test_figures_are_those_of_the_task(comparison: ModelComparison) -> None:
    task = TASKS["next-user"]
    parts = task.split(DATASET, OPTIONS, 0)
    for seed in (0, 1):
        trainer = task.trainer(OPTIONS, seed, False)
        model = task.fit(task.make(RNN, DATASET, {}, OPTIONS, seed), parts.train, parts.val, trainer)
        assert comparison.results["RNN"][seed].metrics.equals(task.test(model, parts.test, trainer)["result"].metrics)
        assert comparison.results["RNN"][seed].split.part == "test"  # type: ignore[union-attr]
    row = comparison.table.set_index("model").loc["RNN"]
    values = [result["MRR"] for result in comparison.results["RNN"]]
    assert row["test"] == pytest.approx(sum(values) / 2)
    assert row["spread"] == pytest.approx(abs(values[0] - values[1]) / math.sqrt(2))
    assert row["lower"] < row["test"] < row["upper"]
    compare_results([result for results in comparison.results.values() for result in results])


def test_settings_are_chosen_on_the_validation_data(comparison: ModelComparison) -> None:
    task = TASKS["next-user"]
    parts = task.split(DATASET, OPTIONS, 0)
    found = {}
    for candidate in task.candidates["LSTM"]:
        options = candidate.apply(OPTIONS)
        trainer = task.trainer(options, 0, False)
        model = task.make(LSTM, DATASET, dict(candidate.model_args), options, 0)
        found[str(candidate)] = task.test(task.fit(model, parts.train, parts.val, trainer), parts.val, trainer)
    best = max(found, key=lambda name: found[name]["result"]["MRR"])
    assert comparison.table.set_index("model").loc["LSTM", "settings"] == best


def test_the_verdict_has_the_paired_difference_on_the_test_data(comparison: ModelComparison) -> None:
    assert comparison.learned in ("LSTM", "RNN")
    assert comparison.baseline is not None
    expected = paired_difference(comparison.results[comparison.learned], comparison.results[comparison.baseline], "MRR")
    assert comparison.difference == expected
    assert comparison.verdict.startswith(f"Use {comparison.best}, which has the best MRR on the validation cascades")
    assert f"{expected.lower:+.4f} to {expected.upper:+.4f}" in comparison.verdict
    assert isinstance(comparison.best_model, type(comparison.models[comparison.best]))
    json.dumps(comparison.to_dict(), allow_nan=False)


def test_finished_runs_are_not_repeated(comparison: ModelComparison, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = comparison.folders["LSTM"]
    assert json.loads((folder / "config.json").read_text())["data"] == "x"
    assert json.loads((folder / "result.json").read_text())["model"] == "LSTM"
    assert isinstance(load_model(folder / "model.safetensors"), LSTM)
    monkeypatch.setattr(NextUserTask, "fit", None)
    again = compare_models("next-user", DATASET, ["LSTM", RNN], OPTIONS, 2, directory=folder.parent)
    assert again.table.equals(comparison.table)
    assert again.verdict == comparison.verdict


def test_an_interrupted_comparison_continues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fit, fitted = NextUserTask.fit, []

    def interrupt(self: Any, model: Any, *others: Any, **named: Any) -> Any:
        fitted.append(type(model))
        if isinstance(model, LSTM):
            raise KeyboardInterrupt
        return fit(self, model, *others, **named)

    monkeypatch.setattr(NextUserTask, "fit", interrupt)
    arguments: tuple[Any, ...] = ("next-user", DATASET, ["RNN", "LSTM"], OPTIONS, 1)
    with pytest.raises(KeyboardInterrupt):
        compare_models(*arguments, directory=tmp_path)
    monkeypatch.setattr(NextUserTask, "fit", fit)
    first = list(tmp_path.glob("RNN-*/model.safetensors"))
    before = first[0].stat().st_mtime_ns
    assert compare_models(*arguments, directory=tmp_path).table.equals(compare_models(*arguments).table)
    assert first[0].stat().st_mtime_ns == before


def test_models_that_do_not_fit_are_left_out_or_refused() -> None:
    table = DATASET.table
    plain = CascadeDataset(type(table)(**{**vars(table), "true_graph": None}))
    options = NextUserOptions(testing=ProtocolOptions("random"))
    found = compare_models("next-user", plain, [], options)
    reason = found.table.set_index("model").loc["CTBernoulli", "left out"]
    assert "has no follow graph" in reason
    assert "CTBernoulli" not in found.results
    assert found.learned is None
    assert found.verdict.count(".") == 2
    with pytest.raises(UsageError, match="has no follow graph"):
        compare_models("next-user", plain, ["CTBernoulli"], options)
    with pytest.raises(UsageError, match="models='DSN': this model predicts the popularity of posts, and"):
        compare_models("next-user", plain, ["LSTM", "DSN"], options)
    with pytest.raises(UnknownNameError, match="did you mean LSTM"):
        compare_models("next-user", plain, ["LTSM"], options)
    with pytest.raises(UsageError, match="did you mean next-user"):
        compare_models("next_user", plain)
    with pytest.raises(UsageError, match="models of the task 'network' cannot be compared"):
        compare_models("network", plain)
    with pytest.raises(UsageError, match="seeds=0: must be at least 1"):
        compare_models("next-user", plain, seeds=0)


def test_without_baselines_or_time() -> None:
    options = NextUserOptions(testing=ProtocolOptions("random", counters=False), training=TRAINING)
    found = compare_models("next-user", DATASET, ["RNN", "Markov"], options, 1)
    assert set(found.results) == {"RNN", "Markov"}
    found = compare_models("next-user", DATASET, ["RNN"], OPTIONS, 1, budget=1e-9)
    assert found.table.set_index("model").loc["RNN", "left out"] == "not trained within the budget"
    assert found.baseline == found.best


@pytest.mark.parametrize(
    ("task", "data", "models", "options", "left_out"),
    [
        (
            "cascade-size",
            growing_cascades(),
            ["CascadeSizeLSTM"],
            CascadeSizeOptions(observation=ObservationOptions(observe_events=3), training=TRAINING),
            [],
        ),
        ("ranking", random_network(), ["BPRMF"], RankingOptions(training=TRAINING), []),
        (
            "popularity",
            random_stream(),
            ["RidgeRegression", "MLP"],
            PopularityOptions(training=TRAINING),
            [],
        ),
    ],
    ids=["cascade-size", "ranking", "popularity"],
)
def test_every_task_compares_its_models(
    task: str, data: Any, models: list[str], options: Any, left_out: list[str], tmp_path: Path
) -> None:
    found = compare_models(task, data, models, options, 1, directory=tmp_path)
    expected = {*models, *(kind.__name__ for kind in TASKS[task].baselines)}
    assert set(found.results) == expected - set(left_out)
    assert found.difference is not None
    ordered = found.table["validation"].dropna()
    assert ordered.is_monotonic_increasing if found.lower_is_better else ordered.is_monotonic_decreasing
    for results in found.results.values():
        values = results[0].unit_values
        assert values is not None
        defined = values.dropna(subset=[found.metric])
        mean = (defined[found.metric] * defined["weight"]).sum() / defined["weight"].sum()
        assert mean == pytest.approx(results[0][found.metric])
    assert compare_models(task, data, models, options, 1, directory=tmp_path).table.equals(found.table)


def test_a_comparison_prints_its_table_and_verdict_and_a_notebook_shows_the_same(comparison: ModelComparison) -> None:
    text, page = str(comparison), comparison._repr_html_()
    best = comparison.table.iloc[0]
    for part in (best["model"], f"{best['test']:.4f}", f"{best['lower']:.4f} to {best['upper']:.4f}"):
        assert part in text
        assert part in page
    assert text.endswith(comparison.verdict)
    assert html.escape(comparison.verdict) in page
