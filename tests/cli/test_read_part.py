"""Parts of data that cannot be split like the training data."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
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


POSTS = [(f"p{post}", f"u{post % 7}", f"o{post % 5}", 1714566600 + 1000 * post, 5 + post % 4) for post in range(60)]
"""Posts, their users and owners, the seconds since 1970, and their labels."""


@pytest.mark.parametrize(
    ("trained", "tested"), [("--time-unit s", "--time-unit h"), ("", "--user owner"), ("--user owner", "--user user")]
)
def test_other_options_than_those_of_the_training_are_named(
    trained: str,
    tested: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    pd.DataFrame(POSTS, columns=["post", "user", "owner", "time", "label"]).to_csv("posts.csv", index=False)
    assert main(["fit", "posts.csv", "--model", "RidgeRegression", *trained.split(), "--out", "run", "--quiet"]) == 0
    capsys.readouterr()
    assert main(["test", "run", "posts.csv", *tested.split()]) == 2
    option = tested.split()[0]
    how = f"with {trained}" if trained else f"without {option}"
    assert capsys.readouterr().err.splitlines()[-1] == (
        "graphcascade: error: --part test: the model was trained on a part of other posts than posts.csv with "
        f"{tested if tested != '--user user' else 'the defaults'} (for the training it was read {how}); leave {option} "
        "out, or test all of them with --part all."
    )


def test_the_same_posts_may_have_their_times_in_another_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    table = pd.DataFrame(POSTS, columns=["post", "user", "owner", "time", "label"])
    table.assign(time=pd.to_datetime(table["time"], unit="s")).to_csv("posts.csv", index=False)
    table.assign(time=1000 * table["time"]).to_csv("ms.csv", index=False)
    assert main(["fit", "posts.csv", "--model", "RidgeRegression", "--out", "run", "--quiet"]) == 0
    shown = []
    for words in (["posts.csv"], ["ms.csv", "--time-unit", "ms"]):
        capsys.readouterr()
        assert main(["test", "run", *words]) == 0
        shown.append(next(line for line in capsys.readouterr().out.splitlines() if "MAE" in line))
    assert shown[0] == shown[1]
