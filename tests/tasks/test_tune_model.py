"""A search for settings by the validation figure, which goes on where it was interrupted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from graphcascade.errors import UsageError
from graphcascade.evaluation import evaluate_popularity
from graphcascade.models import RNN, RidgeRegression
from graphcascade.options import NextUserOptions, ProtocolOptions, TrainingOptions
from graphcascade.simulate import cyan_cascades, simulate_posts
from graphcascade.tasks import TASKS, Candidate, NextUserTask, ValueRange, tune_model

DATASET = cyan_cascades("core-periphery", "exponential", num_cascades=60)
OPTIONS = NextUserOptions(testing=ProtocolOptions("random"), training=TrainingOptions(max_epochs=1))
SPACE: dict[str, Any] = {"dim": (4, 8, 64), "learning_rate": ValueRange(0.001, 0.1, log=True)}


def test_the_best_settings_have_the_best_validation_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    task, tested = TASKS["next-user"], []
    test = NextUserTask.test

    def note(self: Any, model: Any, data: Any, *others: Any, **named: Any) -> Any:
        tested.append(data.split.part)
        return test(self, model, data, *others, **named)

    monkeypatch.setattr(NextUserTask, "test", note)
    found = tune_model(DATASET, "RNN", OPTIONS, 3, space=SPACE, settings={"data": "my.csv"})
    assert tested == ["val"] * 3
    assert found.table["trial"].tolist() == [1, 2, 3]
    assert found.table.loc[0, ["dim", "learning_rate"]].tolist() == [64, 0.005]  # the defaults
    assert found.default == found.table.loc[0, "value"]
    assert found.value == found.table["value"].max()
    row = found.table.loc[found.table["value"].idxmax()]
    assert found.best == Candidate({"dim": row["dim"]}, {"learning_rate": row["learning_rate"]})
    assert found.config["data"] == "my.csv"
    assert (found.config["max_epochs"], found.config["learning_rate"]) == (1, row["learning_rate"])
    json.dumps(found.to_dict(), allow_nan=False)
    parts, options = task.split(DATASET, OPTIONS, 0), found.best.apply(OPTIONS)
    trainer = task.trainer(options, 0, False)
    model = task.make(RNN, DATASET, dict(found.best.model_args), options, 0)
    result = test(task, task.fit(model, parts.train, parts.val, trainer), parts.val, trainer)["result"]
    assert result["MRR"] == found.value


def test_an_interrupted_search_continues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tune_model(DATASET, RNN, OPTIONS, 3, space=SPACE)
    study = tmp_path / "study.db"
    tune_model(DATASET, RNN, OPTIONS, 2, space=SPACE, study=study)
    fit = NextUserTask.fit

    def stop(*arguments: Any, **named: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(NextUserTask, "fit", stop)
    again = tune_model(DATASET, RNN, OPTIONS, 2, space=SPACE, study=study)  # nothing is left to do
    assert again.table.equals(whole.table[:2])
    with pytest.raises(KeyboardInterrupt):
        tune_model(DATASET, RNN, OPTIONS, 3, space=SPACE, study=study)
    monkeypatch.setattr(NextUserTask, "fit", fit)
    found = tune_model(DATASET, RNN, OPTIONS, 3, space=SPACE, study=study)
    assert found.table["state"].tolist() == ["complete", "complete", "failed", "complete"]
    with pytest.raises(UsageError, match="this study is about other data"):
        tune_model(cyan_cascades("random", "exponential", num_cascades=60), RNN, OPTIONS, space=SPACE, study=study)


def test_poor_trials_end_early(monkeypatch: pytest.MonkeyPatch) -> None:
    import optuna

    reported: list[int] = []
    report = optuna.Trial.report

    def note(self: Any, value: float, step: int) -> None:
        reported.append(step)
        report(self, value, step)

    monkeypatch.setattr(optuna.Trial, "report", note)
    monkeypatch.setattr(optuna.Trial, "should_prune", lambda self: self.number == 1 and reported[-1] == 1)
    options = NextUserOptions(testing=ProtocolOptions("random"), training=TrainingOptions(max_epochs=3))
    found = tune_model(DATASET, RNN, options, 2, space={"dim": (4, 8)})
    assert found.table["state"].tolist() == ["complete", "pruned"]
    assert reported == [0, 1, 2, 0, 1]
    assert found.default is None  # the default of 64 is not in the search space


def test_defaults_that_cannot_be_searched_are_compared_with() -> None:
    stream = simulate_posts("claims", num_posts=200, seed=0)
    space = {"penalty": (1e9,)}  # the default chooses a penalty
    found = tune_model(stream, RidgeRegression, trials=1, space=space)
    train, val, _ = stream.splits()
    model = RidgeRegression.of(train).fit(train)
    assert found.default == pytest.approx(evaluate_popularity(model, val)["MAE"])
    assert found.table["penalty"].tolist() == [1e9]


@pytest.mark.parametrize(
    ("model", "changes", "message"),
    [
        ("Markov", {}, "Markov has no settings that are searched by default; name some"),
        ("Markov", {"space": {"learning_rate": (0.1,)}}, "learning_rate: has no effect on Markov"),
        ("Netrate", {}, "models of the task 'network' cannot be compared"),
        ("RNN", {"trials": 0}, "trials=0: must be at least 1"),
        ("RNN", {"timeout": -1.0}, "timeout=-1.0: must be above 0"),
        ("RNN", {"space": {"dim": ValueRange(0, 8)}}, "dim=0: must be at least 1"),
        ("RNN", {"space": {"learning_rate": (0.1, -1.0)}}, "learning_rate=-1.0"),
        ("RNN", {"timeout": 1e-12}, "no trial has finished"),
    ],
)
def test_what_cannot_be_searched_is_an_error(model: str, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        tune_model(DATASET, model, OPTIONS, **changes)


@pytest.mark.slow
def test_two_processes_take_part_in_a_study(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from tests.tasks.test_tune_model import DATASET, OPTIONS, SPACE\n"
        "from graphcascade.tasks import tune_model\n"
        "tune_model(DATASET, 'RNN', OPTIONS, 12, space=SPACE, study='study.db')\n"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(root)!r}); exec(open('script.py').read())"]
    processes = [subprocess.Popen(command, cwd=tmp_path) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    table = tune_model(DATASET, "RNN", OPTIONS, 12, space=SPACE, study=tmp_path / "study.db").table
    assert len(table) in (12, 13)  # both may have begun the last one
    assert table["trial"].is_unique
