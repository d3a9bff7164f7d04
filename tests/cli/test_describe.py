"""Folders and datasets of retweets; tests/test_cli.py has cascades."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphcascade.cli.program import main
from graphcascade.io import read_retweets, write_retweets
from graphcascade.simulate import simulate_retweets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_retweets(simulate_retweets(num_users=60, num_tweets=40), tmp_path / "tweets")


def test_a_folder_of_retweets_is_described(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures, picture = tmp_path / "figures.json", tmp_path / "picture.png"
    words = ["describe", str(folder), "--time-unit", "s", "--json", str(figures), "--plot", str(picture)]
    assert main(words) == 0
    expected = read_retweets(folder, "s").describe().to_dict()
    assert json.loads(figures.read_text()) == expected
    shown = capsys.readouterr().out
    assert "retweets per tweet" in shown
    assert "standard deviation of words" in shown
    assert "replaced" not in shown  # no image is missing
    assert picture.stat().st_size > 1_000
    assert "--time-unit" not in shown
    assert main(["describe", str(folder)]) == 0
    assert "not stated; if they have one, give it, as in --time-unit s." in " ".join(capsys.readouterr().out.split())


def test_times_in_seconds_since_1970_are_shown_as_dates(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    retweets, tweets = folder / "retweets.csv", folder / "tweets.csv"
    retweets.write_text("user,tweet,time\n0,0,2024-05-01T14:00:00Z\n")
    tweets.write_text("tweet,user,text\n0,1,a dog\n")
    assert main(["describe", str(folder)]) == 0
    assert "2024-05-01" in capsys.readouterr().out


def test_a_figure_that_is_not_known(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "follows.csv").write_text("follower,followee\n")
    assert main(["describe", str(folder)]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "followees per follower" in line]
    assert "unknown" in line


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--follow-graph", "links.csv"], "--follow-graph links.csv: has no effect on retweets; leave it out"),
        (["--user", "who"], "--user who: has no effect on networks of retweets"),
    ],
)
def test_options_of_cascades_raise_an_error(
    folder: Path, words: list[str], error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["describe", str(folder), *words]) == 2
    assert error in capsys.readouterr().err


def test_a_missing_image_stops_or_is_counted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "tweets.csv").write_text("tweet,image\n" + "".join(f"{tweet},{tweet}.jpg\n" for tweet in range(40)))
    for tweet in range(1, 40):
        (folder / f"{tweet}.jpg").write_bytes(b"a picture")
    assert main(["describe", str(folder)]) == 2
    error = capsys.readouterr().err
    assert "line 2: there is no image" in error
    assert error.rstrip().endswith("keep such tweets without an image with --missing-images placeholder.")
    assert main(["describe", str(folder), "--missing-images", "placeholder"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "missing images, replaced" in line]
    assert " 1 " in line
    (folder / "0.jpg").write_bytes(b"")
    assert main(["describe", str(folder)]) == 2
    assert f"line 2: the image {folder / '0.jpg'} is an empty file (1 such tweet)" in capsys.readouterr().err
    cascades = folder / "cascades.txt"
    cascades.write_text("a,1 b,2\n")
    assert main(["describe", str(cascades), "--missing-images", "placeholder"]) == 2
    assert "--missing-images placeholder: has no effect on cascades" in capsys.readouterr().err
    for command in (["convert", str(cascades), "out.csv"], ["infer-network", str(cascades)]):  # they read cascades only
        assert main([*command, "--missing-images", "placeholder"]) == 2
        assert "unknown option" in capsys.readouterr().err


def test_a_folder_without_a_table_raises_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tweets.csv").write_text("tweet\n1\n")
    assert main(["describe", str(tmp_path)]) == 2
    assert "no table 'users', 'follows', 'retweets'; expected users" in capsys.readouterr().err
