from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from graphcascade.cli.program import main
from graphcascade.data import PostStream
from graphcascade.io import read_posts
from graphcascade.simulate import simulate_posts

SMALL = ["--posts", "claims", "--num-posts", "300", "--users", "30", "--seed", "3"]


def name_parents(stream: PostStream) -> dict[str, str]:
    ids = stream.category_ids
    return {ids[child]: ids[parent] for child, parent in enumerate(stream.parent.tolist()) if parent >= 0}


def test_a_folder_has_the_simulated_posts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, figures = tmp_path / "posts", tmp_path / "figures.json"
    assert main(["simulate", str(out), *SMALL, "--images", "--json", str(figures)]) == 0
    expected = simulate_posts("claims", 300, 30, seed=3, texts=True)
    found = read_posts(out)
    assert found.validate()
    assert found.time.equal(expected.time)
    torch.testing.assert_close(found.y, expected.y)
    assert found.user_ids[found.user].tolist() == expected.user_ids[expected.user].tolist()
    assert found.category_ids[found.category].tolist() == expected.category_ids[expected.category].tolist()
    parents = [name_parents(stream) for stream in (found, expected)]
    assert len(parents[0]) > 50
    assert parents[0].items() <= parents[1].items()  # only categories with posts are in the files
    for key in ("text", "title"):
        assert found["post"][key].tolist() == expected["post"][key].tolist()
    columns = [found.number_names.index(name) for name in expected.number_names]
    torch.testing.assert_close(found.numbers[:, columns], expected.numbers, equal_nan=True, rtol=1e-4, atol=1e-4)
    # Simulated accounts never change, but files of SMPD say of real ones what they were at the crawl.
    assert set(found.crawl_time_names) == {*expected.crawl_time_names, "is_pro"}
    user = expected.user_ids[expected.user[7]]
    assert Path(found["post"].image[7]) == out / "train" / user / "7.jpg"
    assert json.loads(figures.read_text())["posts"] == 300
    assert "mean of the labels" in capsys.readouterr().out


def test_the_placebo_has_other_parents(tmp_path: Path) -> None:
    for name, words in (("posts", []), ("placebo", ["--placebo"])):
        assert main(["simulate", str(tmp_path / name), *SMALL, *words]) == 0
    posts, placebo = read_posts(tmp_path / "posts"), read_posts(tmp_path / "placebo")
    assert posts.y.equal(placebo.y)
    assert name_parents(posts) != name_parents(placebo)


def test_a_folder_with_posts_is_replaced_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "posts"
    assert main(["simulate", str(out), *SMALL]) == 0
    capsys.readouterr()
    assert main(["simulate", str(out), *SMALL]) == 2
    assert "replace it with --overwrite" in capsys.readouterr().err
    assert main(["simulate", str(out), *SMALL, "--num-posts", "200", "--overwrite"]) == 0
    assert read_posts(out).num_posts == 200


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["t.csv", "--num-posts", "600"], "--num-posts 600: has no effect without --posts; leave it out."),
        (["t.csv", "--placebo"], "--placebo true: has no effect without --posts"),
        (["t", *SMALL, "--cascades", "20"], "--cascades 20: has no effect with --posts; leave it out."),
        (["t", *SMALL, "--tweets", "20"], "--tweets 20: has no effect with --posts"),
        (
            ["t", *SMALL, "--retweets", "social"],
            "--posts claims: has no effect with --retweets; leave one of them out.",
        ),
        (["t", "--posts", "claims", "--num-posts", "3"], "--num-posts 3: must be at least 100."),
        (["t", *SMALL, "--users", "0"], "--users 0: must be at least 1."),
        (["t.csv", *SMALL], "OUT t.csv: --posts writes a folder; choose a name without the ending of a file."),
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
