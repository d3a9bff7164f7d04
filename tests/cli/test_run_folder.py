from __future__ import annotations

from pathlib import Path

import pytest

from graphcascade.cli import main

FIT = ["fit", "my.csv", "--out", "run", "--quiet", "--model"]


@pytest.mark.parametrize(
    ("before", "after", "resumes"),
    [("Markov", "Markov", False), ("Markov", "LSTM", False), ("LSTM", "Markov", False), ("LSTM", "LSTM", True)],
)
def test_a_run_is_to_be_resumed_only_if_it_has_epochs(
    before: str,
    after: str,
    resumes: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f"u{(start + k) % 7},i{start},{start * 100 + k}" for start in range(30) for k in range(4)]
    Path("my.csv").write_text("\n".join(["user,item,time", *rows]) + "\n")
    words = {"Markov": [], "LSTM": ["--max-epochs", "1", "--model-args.dim", "4"]}
    assert main([*FIT, before, *words[before]]) == 0
    capsys.readouterr()
    assert main([*FIT, after, *words[after]]) == 2
    said = capsys.readouterr().err
    resume = "--resume continues it, " if resumes else ""
    assert f"--out run: this folder has a run already; {resume}--overwrite replaces it, and another folder" in said
    if not resumes:
        assert main([*FIT, after, *words[after], "--resume"]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
