"""The command compare: a table, a verdict, files, and errors of one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from graphcascade.cli.program import main
from graphcascade.io import write_cascades
from graphcascade.simulate import cyan_cascades
from graphcascade.tasks import NextUserTask
from tests.models.cascade_size.small_cascades import growing_cascades


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    write_cascades(cyan_cascades("core-periphery", "exponential", num_cascades=80), Path("my.csv"))
    return "my.csv"


def error_of(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(words) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1].startswith("graphcascade: error: ")
    return lines[-1].removeprefix("graphcascade: error: ")


def test_it_prints_and_writes_a_comparison(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["compare", file, "--models", "LSTM, rnn", "--seeds", "1", "--max-epochs", "2"]
    assert main([*words, "--out", "table.csv", "--json", "all.json", "--plot", "picture.png"]) == 0
    shown = capsys.readouterr()
    content = json.loads(Path("all.json").read_text())
    assert shown.out.splitlines()[-1] == content["verdict"]
    assert "Models on my" in shown.out
    assert "CTBernoulli was left out: my has no follow graph\n" in shown.err
    table = pd.read_csv("table.csv").set_index("model")
    assert {"LSTM", "RNN", "Markov"} <= set(table.index)
    assert table.loc["RNN", "test"] == pytest.approx(content["results"]["RNN"][0]["metrics"][-4]["value"], abs=1)
    assert Path("picture.png").stat().st_size > 1000
    folder = Path(content["folders"]["LSTM"])
    assert folder.parent == Path("compared")
    capsys.readouterr()
    assert main(["predict", str(folder), file, "--quiet"]) == 0
    assert main(["test", str(folder), file, "--json", "again.json"]) == 0
    again = {**json.loads(Path("again.json").read_text()), "seconds": 0}
    assert again == {**content["results"]["LSTM"][0], "seconds": 0}
    assert main(["fit", "--config", str(folder / "config.json"), "--resume", "--quiet"]) == 0


def test_a_quiet_comparison_prints_the_verdict_only(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["compare", file, "--models", "RNN", "--seeds", "1", "--max-epochs", "1", "--quiet"]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert out.startswith("Use ")
    assert out.count("\n") == 1


def test_options_decide_the_task_of_cascades(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "my.csv", tmp_path / "table.csv"
    write_cascades(growing_cascades(), path)
    words = ["compare", str(path), "--directory", str(tmp_path / "runs"), "--seeds", "1", "--max-epochs", "1"]
    assert main([*words, "--observe-events", "3", "--models", "CascadeSizeLSTM", "--out", str(out)]) == 0
    assert "MeanCascadeSize" in set(pd.read_csv(out)["model"])
    sizes = [*words, "--task", "cascade-size"]
    assert "say how much of a cascade is observed" in error_of(sizes, capsys)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--models", "LTSM"], "unknown model 'LTSM': did you mean LSTM"),
        (
            ["--models", "LSTM,AMNL"],
            "--models AMNL: this model ranks tweets, and models of the task 'next-user' are compared here",
        ),
        (
            ["--models", "CTBernoulli"],
            "CTBernoulli: my has no follow graph; read one with the cascades, as in --follow-",
        ),
        (["--models", "Netrate"], "models of the task 'network' cannot be compared, because it has no figure"),
        (["--task", "next-users"], "--task next-users: there is no such task; did you mean next-user?"),
        (["--task", "ranking"], "models that rank tweets need a folder with the tables users, follows, tweets"),
        (["--seeds", "0"], "--seeds 0: must be at least 1"),
        (["--max-epochs", "0"], "--max-epochs 0: must be at least 1"),
        (
            ["--models", "LSTM", "--observe", "1h"],
            "--observe 1h: has no effect on LSTM, which predicts who is infected",
        ),
        (["--out", "table.txt"], "--out table.txt: no format has this ending; use .csv, .tsv, .jsonl"),
        (["--models", "LSTM", "--social-dim", "8"], "my has no follow graph; give a file of links"),
        (["--learning-rate", "0.1"], "unknown option or argument --learning-rate"),
    ],
)
def test_errors_have_one_line(file: str, words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert message in error_of(["compare", file, "--seeds", "1", *words], capsys)


def test_too_few_cascades_are_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "one.csv"
    path.write_text("user,item,time\nann,x,1\nbob,x,2\n")
    assert "one: " in error_of(["compare", str(path), "--models", "RNN"], capsys)


def test_an_interruption_says_how_to_continue(
    file: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*arguments: Any, **named: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(NextUserTask, "fit", stop)
    message = error_of(["compare", file, "--models", "RNN"], capsys)
    assert message == "stopped; the same command continues, since finished runs and epochs are in compared."
