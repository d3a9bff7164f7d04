"""Parts of data that cannot be split like the training data."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphcascade.cli.program import main


def test_cascades_without_an_order_are_tested_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, step in (("my.csv", 100), ("new.csv", 0)):
        rows = [f"{user},{item},{step * item + k}" for item in range(20) for k, user in enumerate("abc")]
        Path(name).write_text("\n".join(["user,item,time", *rows]) + "\n")
    assert main(["fit", "my.csv", "--model", "Popularity", "--out", "run", "--quiet"]) == 0
    capsys.readouterr()
    assert main(["test", "run", "new.csv"]) == 2
    assert capsys.readouterr().err == (
        "graphcascade: error: --part test: new.csv cannot be split like the training data (new: all cascades begin at "
        "the same time, so cascades have no order); test all cascades with --part all.\n"
    )
    assert main(["test", "run", "new.csv", "--part", "all", "--allow-overlap"]) == 0
