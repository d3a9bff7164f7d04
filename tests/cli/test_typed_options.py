from __future__ import annotations

from pathlib import Path

import pytest

from graphcascade.cli import main
from graphcascade.cli.typed_options import TypedOptions
from graphcascade.errors import StorageError, UsageError

TYPED = TypedOptions(
    names={
        "out": "OUT",
        "max_epochs": "--max-epochs",
        "source_dropout": "--source-dropout",
        "overwrite": "--overwrite",
    },
    renamed={"SourceFusion.dropout": "source_dropout", "epochs": "max_epochs"},
    model_args=["dropout", "only_started"],
    files={"max_epochs": "run.yaml", "model_args.only_started": "run.yaml"},
)


@pytest.mark.parametrize(
    ("owner", "argument", "value", "words"),
    [
        (None, "out", "x", "OUT x: wrong."),
        (None, "max_epochs", 0, "--max-epochs 0 in run.yaml: wrong."),
        (None, "epochs", 0, "--max-epochs 0 in run.yaml: wrong."),
        ("LSTM", "dropout", 2.0, "--model-args.dropout 2: wrong."),
        ("SourceFusion", "dropout", 2.5, "--source-dropout 2.5: wrong."),
        (None, "out", Path("a" * 70), f"OUT {'a' * 70}: wrong."),
        (None, "out", "a" * 70, f"OUT {'a' * 57}...: wrong."),
        (None, "only_started", True, "--model-args.only_started true in run.yaml: wrong."),
        (None, "window", 0, "window=0: wrong."),
        ("NDM", "window", 0, "NDM(window=0): wrong."),
    ],
)
def test_the_option_replaces_the_argument(owner, argument, value, words):
    assert TYPED.describe(UsageError(owner=owner, argument=argument, value=value, reason="wrong")) == words


def test_the_option_replaces_the_remedy():
    error = StorageError(value="x.csv", reason="exists; use", remedy=("overwrite", True))
    assert TYPED.describe(error) == "x.csv: exists; use --overwrite."
    error = UsageError(argument="k", value=1, reason="too low; use", remedy=("max_epochs", 3))
    assert TYPED.describe(error) == "k=1: too low; use --max-epochs 3."
    error = UsageError("no argument is at fault; try", remedy=("window", 3))
    assert TYPED.describe(error) == "no argument is at fault; try window=3."


def test_texts_of_errors_are_never_read():
    assert TYPED.describe(UsageError("max_epochs=0: is quoted; overwrite=True is, too.")) == (
        "max_epochs=0: is quoted; overwrite=True is, too."
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fit", "a.csv", "--max-epochs", "0"], "--max-epochs 0: must be at least 1."),
        (
            ["fit", "a.csv", "--adversary", "joint", "--adversary-warmup=-1"],
            "--adversary-warmup -1: must be 0 or more.",
        ),
        (
            ["fit", "a.csv", "--source-fusion", "sum", "--source-dropout", "2"],
            "--source-dropout 2: must be 0 or more, ",
        ),
        (["fit", "a.csv", "--model-args.dropout", "2"], "--model-args.dropout 2: must be 0 or more, and below 1."),
        (["fit", "a.csv", "--config", "epochs.yaml"], "--max-epochs 0 in epochs.yaml: must be at least 1."),
        (["fit", "a.csv", "--max-epochs=-3", "--config", "epochs.yaml"], "--max-epochs -3: must be at least 1."),
        (["fit", "a.csv", "--config", "model.yaml"], "--model-args.dim 0 in model.yaml: must be at least 1."),
        (["fit", "a.csv", "--config", "text.yaml"], "--model-args.dim x in text.yaml: must be a whole number."),
        (["simulate", "out.csv", "--cascades", "0"], "--cascades 0: it must be 1 or more."),
        (["demo", "--cascades", "0"], "--cascades 0: it must be 1 or more."),
        (["reproduce", "ndm-table1", "--seeds", "0"], "--seeds 0: must be at least 1."),
    ],
)
def test_commands_name_the_option(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = [f"a{(item + k) % 5},s{item},{10 * item + k}" for item in range(20) for k in range(3)]
    Path("a.csv").write_text("\n".join(["user,item,time", *rows]) + "\n")
    Path("epochs.yaml").write_text("max_epochs: 0\n")
    Path("model.yaml").write_text("model_args: {dim: 0}\n")
    Path("text.yaml").write_text("model_args: {dim: x}\n")
    assert main([*words, "--quiet"] if words[0] == "fit" else words) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith(f"graphcascade: error: {message}"), error
