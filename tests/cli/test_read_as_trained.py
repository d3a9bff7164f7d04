"""Commands read other data in the same way as those of the training."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pandas as pd
import pytest

from graphcascade.cli.program import main
from graphcascade.io import write_retweets
from graphcascade.simulate import simulate_retweets
from graphcascade.tasks import PopularityTask

POSTS = ["--post", "pid", "--user", "author", "--label", "score", "--categories", "topic", "--numbers", "followers"]


def write_posts(path: str, first: int = 0, count: int = 60, **changed: object) -> pd.DataFrame:
    posts = range(first, first + count)
    table = pd.DataFrame(
        {
            "pid": [f"p{post}" for post in posts],
            "author": [f"u{post % 7}" for post in posts],
            "time": [f"{post}.5" for post in posts],
            "score": [5 + post % 4 for post in posts],
            "topic": [f"topic {post % 3}" for post in posts],
            "followers": [post * post % 11 for post in posts],
        }
    ).assign(**changed)
    table.to_csv(path, index=False, sep=";" if path.endswith(".csv") else "\t")
    return table


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """A model of posts whose table was read with many options."""
    monkeypatch.chdir(tmp_path)
    write_posts("my.csv")
    words = [*POSTS, "--time-unit", "h", "--sep", "semicolon"]
    assert main(["fit", "my.csv", "--model", "RidgeRegression", *words, "--out", "run", "--quiet"]) == 0
    capsys.readouterr()
    return "run"


def test_posts_are_read_with_the_options_of_the_training(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", run, "my.csv"]) == 0
    output = capsys.readouterr()
    assert "test part" in output.out
    options = "--sep semicolon --user author --time-unit h --post pid --label score --categories topic --numbers"
    used = output.err.partition("my.csv is read as the data of the training were, with ")[2].splitlines()[0]
    assert sorted(used.removesuffix(".").split()) == sorted(f"{options} followers".split())


def test_new_posts_need_no_column_of_labels(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_posts("new.csv", first=60, count=5)
    table = pd.read_csv("new.csv", sep=";").drop(columns="score")
    table.to_csv("new.csv", index=False, sep=";")
    assert main(["predict", run, "new.csv", "--out", "predicted.csv", "--quiet"]) == 0
    assert list(pd.read_csv("predicted.csv")["post"]) == [f"p{post}" for post in range(60, 65)]
    assert main(["predict", run, "new.csv", "--label", "score", "--quiet"]) == 2  # an option that is given is kept
    assert "--label score: new.csv has no such column" in capsys.readouterr().err


@pytest.mark.parametrize("unit", ["d", "h"])
def test_options_that_are_given_replace_those_of_the_training(
    unit: str, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    read = PopularityTask.read
    monkeypatch.setattr(PopularityTask, "read", lambda self, *given: seen.append(given[1]) or read(self, *given))
    write_posts("new.csv", first=60, uid=[f"u{post % 7}" for post in range(60)])
    words = ["--user", "uid", "--time-unit", unit, "--on-error", "stop", "--part", "all"]
    assert main(["test", run, "new.csv", *words]) == 0
    assert (seen[0].user, seen[0].time_unit, seen[0].post) == ("uid", unit, "pid")


def test_columns_of_texts_are_remembered(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_posts("texts.csv", body=["red car", "blue sea"] * 30, headline="one")
    words = [*POSTS, "--sep", ";", "--time-unit", "h", "--text", "body", "--title", "headline"]
    assert main(["describe", "texts.csv", *words, "--json", "figures.json"]) == 0
    assert json.loads(Path("figures.json").read_text())["posts without text"] == 0
    features = ["--text-features", "lsa"]
    assert main(["fit", "texts.csv", "--model", "RidgeRegression", *words, *features, "--out", "with", "--quiet"]) == 0
    assert main(["test", "with", "texts.csv"]) == 0


def test_a_default_can_be_given(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    table = write_posts("new.csv", first=60)
    table.rename(columns={"pid": "post", "author": "user"}).to_csv("new.csv", index=False)
    words = ["--post", "post", "--user", "user", "--sep", "comma"]
    assert main(["test", run, "new.csv", *words, "--part", "all"]) == 0
    assert "--post" not in capsys.readouterr().err


def test_the_separator_has_no_effect_on_files_of_another_format(run: str) -> None:
    write_posts("new.tsv", first=60)
    assert main(["test", run, "new.tsv", "--part", "all"]) == 0
    pd.read_csv("new.tsv", sep="\t").to_json("new.jsonl", orient="records", lines=True)
    assert main(["test", run, "new.jsonl", "--part", "all"]) == 0


def test_posts_in_a_new_category_are_predicted(run: str, caplog: pytest.LogCaptureFixture) -> None:
    write_posts("new.csv", first=60, count=5, score=None, topic=["another"] + ["topic 1"] * 4)
    with caplog.at_level(logging.WARNING):
        assert main(["predict", run, "new.csv", "--out", "predicted.csv", "--quiet"]) == 0
    assert "new: 1 of 5 posts are in categories that are new to the model, as are all above them" in caplog.text
    assert pd.read_csv("predicted.csv")["label"].notna().all()


def test_cascades_are_read_with_the_options_of_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f"u{(start + k) % 7},i{start},{start * 100 + k}" for start in range(30) for k in range(4)]
    Path("my.csv").write_text("\n".join(["who,what,when", *rows]) + "\n")
    words = ["--user", "who", "--item", "what", "--time", "when", "--time-unit", "s"]
    assert main(["fit", "my.csv", "--model", "Markov", *words, "--out", "run", "--quiet"]) == 0
    assert main(["test", "run", "my.csv"]) == 0
    assert main(["predict", "run", "my.csv", "--quiet"]) == 0
    capsys.readouterr()
    assert main(["fit", "my.csv", "--model", "Netrate", *words, "--out", "network", "--quiet"]) == 0
    assert main(["infer-network", "my.csv", "--model", "network", "--quiet"]) == 0
    compared = ["--models", "Markov", "--seeds", "1", "--quiet"]
    assert main(["compare", "my.csv", *compared, *words]) == 0
    command = capsys.readouterr().err.rpartition("predict with: ")[2].split()
    assert "--user" not in command
    assert main(command[1:]) == 0


def test_columns_have_no_effect_on_formats_that_are_no_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f"u{(start + k) % 7},i{start},{start * 100 + k}" for start in range(30) for k in range(4)]
    Path("my.csv").write_text("\n".join(["who,item,time", *rows, "u1,i1,soon"]) + "\n")
    Path("new.txt").write_text("u1,1 u2,2 u3,3\nu4,4 u5,6\n")
    words = ["--user", "who", "--on-error", "drop"]
    assert main(["fit", "my.csv", "--model", "Markov", *words, "--out", "run", "--quiet"]) == 0
    assert main(["prepare", "my.csv", "prepared", *words]) == 0
    capsys.readouterr()
    for command in (["describe"], ["predict", "run"], ["convert"], ["prepare"]):
        extra = {"convert": ["out.csv"], "prepare": ["out"]}.get(command[0], [])
        assert main([*command, "new.txt", *extra, "--user", "who"]) == 2
        message = "graphcascade: error: --user who: has no effect on the format ndm, which is no table; leave it out.\n"
        assert capsys.readouterr().err.endswith(message)
    assert main(["describe", "prepared", "--user", "who"]) == 2
    assert "--user who: has no effect on prepared cascades; leave it out" in capsys.readouterr().err
    assert main(["predict", "run", "new.txt"]) == 0  # what was remembered is left out
    assert "--user who does not fit new.txt, and is left out." in capsys.readouterr().err


def test_dates_have_no_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [(f"u{(start + k) % 7}", f"i{start}", start * 100 + k) for start in range(30) for k in range(4)]
    table = pd.DataFrame(rows, columns=["user", "item", "time"])
    table.to_csv("my.csv", index=False)
    table.assign(time=pd.to_datetime(table["time"], unit="s", utc=True)).to_csv("dates.csv", index=False)
    assert main(["fit", "my.csv", "--model", "Markov", "--time-unit", "s", "--out", "run", "--quiet"]) == 0
    capsys.readouterr()
    assert main(["predict", "run", "dates.csv"]) == 0
    assert "--time-unit s does not fit dates.csv, and is left out." in capsys.readouterr().err
    assert main(["predict", "run", "dates.csv", "--time-unit", "s"]) == 2


def test_folders_are_read_with_the_options_of_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_retweets(simulate_retweets(num_users=60, num_tweets=50), tmp_path / "tweets")
    words = ["--model", "TweetPopularity", "--on-error", "drop", "--out", "run", "--quiet"]
    assert main(["fit", "tweets", *words]) == 0
    capsys.readouterr()
    assert main(["test", "run", "tweets"]) == 0
    assert "tweets is read as the data of the training were, with --on-error drop." in capsys.readouterr().err


def test_images_may_be_in_another_folder_than_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("images").mkdir()
    for post in range(60):
        Path(f"images/{post}.png").write_bytes(b"an image")
    write_posts("posts.tsv", image=[f"{post}.png" for post in range(60)])
    words = [*POSTS, "--time-unit", "s"]
    assert main(["describe", "posts.tsv", *words]) == 2
    assert "there is no image 0.png" in capsys.readouterr().err
    folder = ["--image-folder", "images"]
    assert main(["describe", "posts.tsv", *words, *folder, "--json", "figures.json"]) == 0
    assert json.loads(Path("figures.json").read_text())["posts without an image"] == 0
    assert main(["fit", "posts.tsv", "--model", "RidgeRegression", *words, *folder, "--out", "run", "--quiet"]) == 0
    capsys.readouterr()
    assert main(["test", "run", "posts.tsv", *folder]) == 0
    assert main(["fit", "--config", "run/config.json", "--out", "again", "--quiet"]) == 0
    capsys.readouterr()
    assert main(["describe", "posts.tsv", *words, "--image-folder", "pictures"]) == 2
    assert "--image-folder pictures: there is no such folder" in capsys.readouterr().err
    write_posts("posts.tsv")
    assert main(["describe", "posts.tsv", *words, *folder]) == 2
    assert "--image-folder images: has no effect on posts.tsv, which has no column 'image'" in capsys.readouterr().err
    Path("my.csv").write_text("user,item,time\na,x,1\nb,x,2\n")
    assert main(["fit", "my.csv", "--model", "Popularity", *folder]) == 2
    assert "--image-folder images: has no effect on cascades; leave it out" in capsys.readouterr().err
