"""Run folders without a model, and runs of another task."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphcascade.cli.program import main

CASCADES = "".join(f"a,{10 * k + 1} b,{10 * k + 2} c,{10 * k + 3}\n" for k in range(20))


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("my.txt", "other.txt"):
        (tmp_path / name).write_text(CASCADES)
    return tmp_path


def test_a_run_without_a_model_says_how_to_make_it(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = {"LSTM": ["--model-args.dim", "4", "--max-epochs", "1"], "Popularity": []}
    for model, again in (("LSTM", "--resume"), ("Popularity", "--overwrite")):
        assert main(["fit", "my.txt", "--model", model, "--out", model, "--quiet", *options[model]]) == 0
        (work / model / "model.safetensors").unlink()
        capsys.readouterr()
        assert main(["test", model, "my.txt"]) == 2
        error = capsys.readouterr().err
        assert "there is no model.safetensors in this folder; wait until 'graphcascade fit' has ended" in error
        command = f"fit --config {model}/config.json {again}"
        assert f"'graphcascade {command}'" in error
        assert main([*command.split(), "--quiet"]) == 0
        assert main(["test", model, "my.txt"]) == 0
    (work / "plain").mkdir()
    assert main(["test", "plain", "my.txt"]) == 2
    assert "in this folder; give the run folder of 'graphcascade fit'." in capsys.readouterr().err


def test_a_run_of_another_model_is_named_before_its_settings(capsys: pytest.CaptureFixture[str]) -> None:
    fit = ["fit", "my.txt", "--model", "LSTM", "--model-args.dim", "4", "--max-epochs", "1", "--out", "run", "--quiet"]
    assert main(fit) == 0
    for words, of in (
        ([*fit, "--batch-size", "7", "--model", "RNN"], "RNN on my"),
        (["fit", "other.txt", *fit[2:], "--batch-size", "7"], "LSTM on other"),
    ):
        capsys.readouterr()
        assert main([*words, "--resume"]) == 2
        error = capsys.readouterr().err
        assert f"is of LSTM on my, not of {of}; resume with the same, or leave out resume and train" in error
        assert error.endswith("in another folder, such as --out runs/another.\n")
