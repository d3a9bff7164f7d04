"""Whole runs of 'rank-users', and its messages."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from graphcascade.cli import main

LINKS = "anna bob 0.5\nbob eve 0.4\nanna dan 0.9\n"


def test_users_are_ranked_with_the_counts_of_their_cascades(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("links.txt").write_text(LINKS)
    Path("data.csv").write_text("user,item,time\nbob,x,0\nanna,x,1\nbob,y,0\nzoe,y,3\n")
    words = ["--data", "data.csv", "--out", "users.csv", "--json", "users.json", "--plot", "users.png"]
    assert main(["rank-users", "links.txt", *words]) == 0
    captured = capsys.readouterr()
    assert "1 user of data is not in links.txt" in captured.err
    assert "out-strength" in captured.out
    frame = pd.read_csv("users.csv").set_index("user")
    assert frame.index[0] == "anna"
    exact = {"anna": 1 + 0.5 + 0.5 * 0.4 + 0.9, "bob": 1.4, "eve": 1.0, "dan": 1.0}
    for user, reach in exact.items():
        assert abs(frame.loc[user, "reach"] - reach) <= 4.5 * frame.loc[user, "standard_error"]
    assert frame["cascades"].to_dict() == {"anna": 1, "bob": 2, "eve": 0, "dan": 0}
    assert frame["started"].to_dict() == {"anna": 0, "bob": 2, "eve": 0, "dan": 0}
    figures = json.loads(Path("users.json").read_text())
    assert figures["model"] == "independent_cascade"
    assert figures["users"][0]["user"] == "anna"
    assert Path("users.png").stat().st_size > 1000
    assert main(["rank-users", "links.txt", "--quiet"]) == 0
    assert capsys.readouterr().out == ""


def test_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("links.txt").write_text(LINKS)
    for words, expected in (
        (["--relative-error", "2"], "--relative-error 2: must be above 0, and below 1"),
        (["--damping", "1"], "--damping 1: must be at least 0, and below 1"),
        (["--data", "none.csv"], "none.csv"),
        (["--model", "continuous_time"], "--horizon: the graph has none"),
        (["--out", "links.txt"], "--out links.txt:"),
    ):
        capsys.readouterr()
        assert main(["rank-users", "links.txt", *words]) == 2
        line = capsys.readouterr().err
        assert line.count("\n") == 1
        assert expected in line
