"""Arguments of predict that are checked before anything is computed."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphcascade.cli.program import main
from graphcascade.io import write_retweets
from graphcascade.simulate import simulate_retweets
from graphcascade.tasks import RankingTask


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--page", "x.png"], "--page x.png: no format has this ending; use .html."),
        (["--page", "x.html", "--page-users", "0,nobody"], "--page-users 0,nobody: there is no user 'nobody' in tw."),
        (["--k", "0"], "--k 0: must be at least 1."),
    ],
)
def test_arguments_are_checked_before_the_prediction(
    words: list[str], error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_retweets(simulate_retweets(num_users=100, num_tweets=80), tmp_path / "tw")
    assert main(["fit", "tw", "--model", "TweetPopularity", "--out", "run", "--quiet"]) == 0
    capsys.readouterr()

    def fail(*_: object) -> None:
        raise AssertionError("something was computed")

    monkeypatch.setattr(RankingTask, "predict", fail)
    assert main(["predict", "run", "tw", *words]) == 2
    assert error in capsys.readouterr().err
    assert not list(tmp_path.glob("x.*"))
