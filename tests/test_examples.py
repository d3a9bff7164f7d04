"""The scripts of examples/ run as they are, and stay short."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").rglob("*.py"))
TASKS = ("next_user", "network_inference", "seeds", "ranking", "popularity", "cascade_size")


def test_there_is_an_example_of_each_task() -> None:
    assert {path.stem for path in EXAMPLES} >= set(TASKS)


@pytest.mark.slow  # "make docs" runs them, too
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(path)])
    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    assert len(path.read_text(encoding="utf-8").splitlines()) < 120
    names = runpy.run_path(str(path), run_name="__main__")
    assert f"python {path.relative_to(ROOT).as_posix()}" in names["__doc__"]
    assert capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
