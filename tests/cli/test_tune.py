"""The command tune: a folder with the best settings, which fit accepts, and errors of one line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from graphcascade.cli.program import main
from graphcascade.cli.tuning_table import print_tuning
from graphcascade.io import write_cascades
from graphcascade.simulate import cyan_cascades
from graphcascade.tasks import ModelTuning
from graphcascade.tasks.candidate import Candidate


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    write_cascades(cyan_cascades("core-periphery", "exponential", num_cascades=60), Path("my.csv"))
    return "my.csv"


def tuning(**changes: Any) -> ModelTuning:
    table = pd.DataFrame({"trial": [1], "state": ["complete"], "value": [1.5], "penalty": [3.0]})
    found = ModelTuning("RidgeRegression", "MAE", True, table, Candidate({"penalty": 3.0}), 1.5, None, {})
    return replace(found, **changes)


def test_the_defaults_are_compared_with(capsys: pytest.CaptureFixture[str]) -> None:
    for default, end in (
        (None, "; the defaults are not in the search space and were not tried."),
        (1.6, "; that of the defaults is 1.6000."),
        (1.25, "; that of the defaults is 1.2500, which is better, so leave the settings out."),
    ):
        print_tuning(tuning(default=default), "my")
        shown = capsys.readouterr().out.splitlines()
        assert shown[-1] == f"The best MAE on the validation data is 1.5000, with penalty=3{end}"
        assert any("1 trial: 1 complete" in line for line in shown)


def test_the_best_settings_train_a_model(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["tune", file, "--model", "RNN", "--max-epochs", "1"]
    assert main([*words, "--trials", "2", "--json", "all.json", "--plot", "picture.png"]) == 0
    shown = capsys.readouterr()
    content, table = json.loads(Path("all.json").read_text()), pd.read_csv("tuned/my-RNN/trials.csv")
    assert content["value"] == pytest.approx(table["value"].max())
    assert f"The best MRR on the validation data is {content['value']:.4f}, with learning_rate=" in shown.out
    assert "train and test with: graphcascade fit --config tuned/my-RNN/config.json" in shown.err
    assert Path("picture.png").stat().st_size > 1000
    assert main(["fit", "--config", "tuned/my-RNN/config.json", "--quiet"]) == 0
    validation = json.loads(Path("runs/my-RNN/validation.json").read_text())["model"]["metrics"]
    figures = {row["value"] for row in validation if row["metric"] == "MRR" and row["headline"]}
    assert figures == {content["value"]}
    assert main([*words, "--trials", "3", "--quiet"]) == 0  # continues the study
    assert len(pd.read_csv("tuned/my-RNN/trials.csv")) == 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--model", "RMN"], "unknown model 'RMN': did you mean RNN"),
        (["--model", "Markov"], "Markov has no settings that are searched by default; name some in a file, as in --sp"),
        (["--trials", "0"], "--trials 0: must be at least 1"),
        (["--space", "none.yaml"], "none.yaml"),
        (["--study", "my.csv"], "--study my.csv: cannot be opened as a study (file is not a database)"),
        (["--observe", "1h"], "--observe 1h: has no effect on LSTM"),
        (["--learning-rate", "0.1"], "unknown option or argument --learning-rate"),
    ],
)
def test_errors_have_one_line(file: str, words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", file, *words]) == 2
    assert message in capsys.readouterr().err.splitlines()[-1]
