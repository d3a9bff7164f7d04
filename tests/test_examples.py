"""The scripts of examples/ run as they are, and stay short."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))


def test_there_is_an_example_of_each_task() -> None:
    assert [path.stem for path in EXAMPLES] == [
        "network_inference",
        "next_user",
        "popularity",
        "ranking",
        "whole_cascades",
    ]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(path.read_text(encoding="utf-8").splitlines()) < 120
    names = runpy.run_path(str(path), run_name="__main__")
    assert "python examples/" + path.name in names["__doc__"]
    assert capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
