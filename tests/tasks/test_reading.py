"""Errors about data that are missing, misspelt, or of another task."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphcascade.cli.program import main
from graphcascade.errors import MissingFileError, UnknownNameError, UsageError
from graphcascade.io import write_retweets
from graphcascade.options import ReadOptions
from graphcascade.simulate import simulate_retweets
from graphcascade.tasks import TASKS
from graphcascade.tasks.reading import open_data

CASCADES = "".join(f"a,{10 * k + 1} b,{10 * k + 2} c,{10 * k + 3}\n" for k in range(20))


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.csv").write_text("user,item,time\na,x,1\n")
    return tmp_path


@pytest.mark.parametrize("task", ["next-user", "ranking"])
@pytest.mark.parametrize(
    ("data", "error"),
    [
        ("tw", "there is no file, folder or dataset 'tw'; the datasets are .*Memetracker.*SyntheticRetweets"),
        ("SyntheticRetweet", "no file, folder or dataset 'SyntheticRetweet'; did you mean SyntheticRetweets"),
        ("Memetraker", "no file, folder or dataset 'Memetraker'; did you mean Memetracker"),
        ("my", r"no file, folder or dataset 'my'; did you mean my\.csv\?$"),
        ("mycsv", r"no file, folder or dataset 'mycsv'; did you mean my\.csv\?$"),
    ],
)
def test_a_name_that_is_nothing_is_compared_with_files_and_data_sets(task: str, data: str, error: str) -> None:
    with pytest.raises(UnknownNameError, match=error):
        TASKS[task].read(data, ReadOptions())


def test_a_file_that_is_missing_is_compared_with_those_beside_it(work: Path) -> None:
    with pytest.raises(MissingFileError, match=r"my\.cvs: there is no such file or folder; did you mean my\.csv\?$"):
        open_data("my.cvs", ReadOptions())
    with pytest.raises(MissingFileError, match=r"no/where\.csv: there is no such file or folder\.$"):
        open_data("no/where.csv", ReadOptions())


def test_retweets_are_no_cascades(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_retweets(simulate_retweets(num_users=30, num_tweets=30), work / "tw")
    (work / "plain").mkdir()
    (work / "train.txt").write_text(CASCADES)
    assert main(["fit", "train.txt", "--model", "Popularity", "--out", "run"]) == 0
    capsys.readouterr()
    for data, noun in (("tw", "folder"), ("SyntheticRetweets", "dataset")):
        for words in (
            ["fit", data],
            ["fit", data, "--model", "Netrate"],
            ["test", "run", data],
            ["predict", "run", data],
            ["infer-network", data],
            ["convert", data, "out.csv"],
        ):
            assert main(words) == 2
            error = capsys.readouterr().err
            assert f"{data}: this is a {noun} of retweets, and cascades are needed here" in error
            assert f"'graphcascade fit {data} --model AMNL'" in error
    with pytest.raises(UsageError, match=r"plain: this is a folder; give the file in it\."):
        open_data("plain", ReadOptions())


def test_cascades_are_no_retweets() -> None:
    for data, noun in (("my.csv", "file"), ("Memetracker", "dataset of cascades")):
        with pytest.raises(MissingFileError, match=f"need a folder .*; this is a {noun}, for models such as LSTM"):
            TASKS["ranking"].read(data, ReadOptions())
