"""Experiments on the popularity of posts."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphcascade.errors import DataError
from graphcascade.experiments import find_experiment, reproduce
from graphcascade.io import write_posts
from graphcascade.simulate import simulate_posts

SMALL = """
title: small
paper: none
url: none
place: Table 1
kind: popularity
metrics: [MAE, SRC, "MAE, new users", "MAE, without Uid", standard error of MAE]
datasets: {SyntheticPosts: null}
simulated: {num_posts: 400}
seeds: 2
rows:
  - {name: true, model: TrueMean, needs: [true means]}
  - {name: mean, model: MeanLabel}
  - {name: last, model: LastLabel}
  - {name: last online, model: LastLabel, labels: online}
  - {name: DSN, model: DSN, arguments: {length: 4}, trainer: {max_epochs: 2}, choose: {hidden_dim: [4, 8]}}
  - {name: swin, model: DSN, image_encoder: no/encoder, arguments: {hidden_dim: 4}, needs: [image files]}
claims:
  - {row: "true", better_than: [mean], metrics: [MAE]}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "small.yaml"
    path.write_text(SMALL.replace("name: true,", 'name: "true",'), encoding="utf-8")
    return path


def test_figures_of_all_rows(file: Path) -> None:
    (result,) = reproduce(file, directory=file.parent, progress=False)
    measured = result.figures.set_index(["row", "metric"])["measured"]
    assert measured["true", "MAE"] < measured["mean", "MAE"]
    assert measured["mean", "MAE"] == measured["mean", "MAE, without Uid"]
    assert measured["last", "MAE"] != measured["last online", "MAE"]
    assert measured["last", "MAE, without Uid"] == measured["mean", "MAE"]
    assert 0 < measured["DSN", "standard error of MAE"] < measured["DSN", "MAE"]
    assert set(result.figures["seeds"]) == {2}
    assert "hidden_dim=" in result.chosen["DSN"]
    assert "MAE -" not in result.chosen["DSN"]
    assert result.left_out == {"swin": "the posts have no image files"}
    assert result.claims[0].words.startswith("true better than mean: MAE -")


def test_a_folder_of_smpd_is_read(file: Path) -> None:
    write_posts(simulate_posts(num_posts=400, seed=1, texts=True), "smpd")
    (result,) = reproduce(file, datasets=["smpd"], directory=file.parent, progress=False)
    assert "true" in result.left_out
    assert set(result.figures["row"]) == {"mean", "last", "last online", "DSN"}


@pytest.mark.parametrize("picture", ["ratios", "attention"])
def test_pictures(file: Path, picture: str) -> None:
    text = file.read_text("utf-8").replace("seeds: 2", f"seeds: 1\npicture: {picture}")
    rows = "rows:\n  - {name: a, model: DSN, arguments: {hidden_dim: 4}, trainer: {max_epochs: 1}}\nclaims: []\n"
    file.write_text(text[: text.index("rows:")] + rows, encoding="utf-8")
    (result,) = reproduce(file, directory=file.parent, progress=False)
    assert result.files[1].stat().st_size > 1000


def test_data_that_are_not_there_are_skipped(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(SMALL.replace("SyntheticPosts", "SMPD").replace("name: true,", 'name: "true",'), encoding="utf-8")
    (result,) = reproduce(file, directory=tmp_path, root=tmp_path, progress=False)
    assert "not on this machine" in (result.skipped or "")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{name: a, model: MeanLabel, trainer: {max_epochs: 2}}", "MeanLabel is not trained in epochs"),
        ("{name: a, model: DSN, arguments: {hiden_dim: 2}}", "did you mean 'hidden_dim'|did you mean hidden_dim"),
        ("{name: a, model: LSTM}", "LSTM is not a model for the kind 'popularity'"),
        ("{name: a, model: TrueMean, arguments: {length: 2}}", "TrueMean has no arguments"),
        ("{name: a}", "the row has no model"),
    ],
)
def test_rows_that_cannot_be_measured_are_errors(file: Path, row: str, message: str) -> None:
    text = file.read_text("utf-8")
    file.write_text(f"{text[: text.index('rows:')]}rows:\n  - {row}\n", encoding="utf-8")
    with pytest.raises(DataError, match=message):
        find_experiment(file)
