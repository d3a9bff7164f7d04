from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from graphcascade.cli.program import main
from graphcascade.io import read_retweets
from graphcascade.simulate import simulate_retweets, tweet_images

SMALL = ["--retweets", "social", "--users", "60", "--tweets", "40", "--seed", "3"]


def test_a_folder_has_the_simulated_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, figures = tmp_path / "tweets", tmp_path / "figures.json"
    assert main(["simulate", str(out), *SMALL, "--json", str(figures)]) == 0
    expected = simulate_retweets("social", 60, 40, seed=3)
    found = read_retweets(out)
    assert found.retweets.equal(expected.retweets)
    assert found.follows.equal(expected.follows)
    assert json.loads(figures.read_text())["retweets per tweet"] == expected.describe()["retweets per tweet"]
    assert "retweets per tweet" in capsys.readouterr().out
    other = tmp_path / "other"
    assert main(["simulate", str(other), *SMALL[2:], "--retweets", "no_social"]) == 0
    assert not read_retweets(other).retweets.equal(expected.retweets)


def test_a_folder_with_tables_is_replaced_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "tweets"
    assert main(["simulate", str(out), *SMALL]) == 0
    capsys.readouterr()
    assert main(["simulate", str(out), *SMALL]) == 2
    assert "replace it with --overwrite" in capsys.readouterr().err
    assert main(["simulate", str(out), *SMALL, "--tweets", "50", "--overwrite"]) == 0
    assert read_retweets(out).num_tweets == 50


def test_images_are_written_and_missing_photographs_raise_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    photograph = np.random.default_rng(0).integers(255, size=(64, 64, 3)).astype(np.uint8)
    monkeypatch.setattr(tweet_images, "load_photographs", lambda: [photograph])
    out = tmp_path / "tweets"
    assert main(["simulate", str(out), *SMALL, "--images"]) == 0
    assert sorted(path.name for path in (out / "images").iterdir())[:2] == ["0000000.jpg", "0000001.jpg"]
    assert Path(read_retweets(out)["tweet"].image[7]) == out / "images" / "0000007.jpg"
    monkeypatch.undo()
    monkeypatch.setitem(__import__("sys").modules, "skimage", None)
    monkeypatch.setattr("graphcascade.simulate.simulate_retweets", None)  # the package is missed before the simulation
    assert main(["simulate", str(tmp_path / "more"), *SMALL, "--images"]) == 2
    assert (
        "--images: needs photographs; those of scikit-image are the default: pip install 'graphcascade[simulate]'"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["t.csv", "--users", "60"], "--users 60: has no effect without --retweets or --posts; leave it out."),
        (["t.csv", "--images"], "--images true: has no effect without --retweets or --posts"),
        (["t", *SMALL, "--cascades", "20"], "--cascades 20: has no effect with --retweets; leave it out."),
        (["t", *SMALL, "--graph", "links.txt"], "--graph links.txt: has no effect with --retweets"),
        (["t", "--retweets", "social", "--users", "3"], "--users 3: must be at least 20."),
        (["t.csv", *SMALL], "OUT t.csv: --retweets writes a folder; choose a name without the ending of a file."),
        (["t.jsonl.gz", *SMALL], "--retweets writes a folder"),
        (["t", *SMALL, "--json", "t/figures.json"], "--json t/figures.json: the command writes files of its own"),
    ],
)
def test_options_that_do_not_fit(
    words: list[str], error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["simulate", *words]) == 2
    assert error in capsys.readouterr().err
    assert not any(tmp_path.iterdir())
