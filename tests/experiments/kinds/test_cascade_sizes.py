"""The kind "cascade sizes", on a small file of cascades."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphcascade.errors import DataError
from graphcascade.experiments import find_experiment, reproduce
from graphcascade.io import write_cascades
from tests.models.cascade_size.small_cascades import growing_cascades

HEAD = """
title: Sizes
paper: None
url: https://example.org
place: Table 1
kind: cascade sizes
metrics: [MSLE, "MSLE, upper", Median relative error]
datasets: {my.csv: }
seeds: 2
rows:
"""


def experiment(folder: Path, rows: str) -> Path:
    write_cascades(growing_cascades(), folder / "my.csv", overwrite=True)
    (folder / "sizes.yaml").write_text(HEAD + rows, "utf-8")
    return folder / "sizes.yaml"


def test_rows_are_measured_and_settings_are_chosen(tmp_path: Path) -> None:
    rows = """
  - {name: mean, model: MeanCascadeSize, observe_events: 3}
  - {name: linear, model: LinearCascadeSize, observe: "10", choose: {parts: [1, 3]}}
  - name: LSTM
    model: CascadeSizeLSTM
    observe: "10"
    arguments: {dim: 4, hidden: 4}
    trainer: {max_epochs: 1}
"""
    (found,) = reproduce(experiment(tmp_path, rows), directory=tmp_path / "runs")
    figures = found.figures.set_index(["row", "metric"])
    assert figures["seeds"]["mean", "MSLE"] == 1
    assert figures["seeds"]["LSTM", "MSLE"] == 2
    assert (figures["measured"].xs("MSLE", level=1) < figures["measured"].xs("MSLE, upper", level=1)).all()
    assert "parts=" in found.chosen["linear"]
    assert "the first 10 (in the unit of the times) of each cascade" in found.protocols["linear"]
    assert "the first 3 events of each cascade" in found.protocols["mean"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{name: a, model: MeanCascadeSize}", "say how much of a cascade is observed"),
        ("{name: a, observe: 1h}", "a row needs a model"),
        ("{name: a, observe: 1h, model: LSTM}", "LSTM is not a model for the kind 'cascade sizes'"),
        ("{name: a, observe: 1h, model: MeanCascadeSize, trainer: {max_epochs: 3}}", "trainer has no effect"),
        ("{name: a, observe: 1h, model: CatBoostCascadeSize, trainer: {max_epochs: 3}}", "trainer has no effect"),
        ("{name: a, observe: 1h, model: LinearCascadeSize, choose: {parts: [0]}}", "parts=0: must be at least 1"),
    ],
)
def test_rows_that_cannot_be_measured(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        find_experiment(experiment(tmp_path, f"  - {row}\n"))
