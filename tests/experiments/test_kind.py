from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

from graphcascade.errors import DataError
from graphcascade.experiments import (
    KINDS,
    Case,
    ExperimentKind,
    Measured,
    Row,
    list_experiments,
    register_kind,
    reproduce,
)
from graphcascade.experiments.experiment_files import find_experiment
from graphcascade.experiments.fitted_row import FittedRow, trainer_arguments
from graphcascade.experiments.kind import OPTIONAL_SETTINGS, RUN_SETTINGS, Details
from graphcascade.io import write_csv
from tests.models.small_data import dataset_of

YAML = """
title: users
paper: mine
url: https://example.org
place: Table 1
kind: long cascades
picture: bars
metrics: [cascades]
datasets: {data.csv: }
rows:
  - {name: all, minimum: 1}
  - {name: long, minimum: 3}
"""


@dataclass(frozen=True, kw_only=True)
class LongRow(Row):
    minimum: int


def measure_long(case: Case[LongRow]) -> Measured:
    sizes = case.dataset.table.size
    return Measured({"cascades": float((sizes >= case.row.minimum).sum())}, "all cascades", "", 0.0)


def test_a_user_defined_kind_is_registered_and_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KINDS, "_entries", dict(KINDS._entries))
    titles = []

    def draw(figures: pd.DataFrame, title: str, details: Details) -> Figure:
        titles.append(title)
        return Figure()

    kind = register_kind(ExperimentKind("long cascades", LongRow, measure_long, pictures={"bars": draw}))
    assert KINDS["long cascades"] is kind
    write_csv(dataset_of([[0, 1], [0, 1, 2], [1, 2, 3, 0]], 4), tmp_path / "data.csv")
    path = tmp_path / "mine.yaml"
    path.write_text(YAML)
    (result,) = reproduce(path, directory=tmp_path / "out")
    assert result.figures["measured"].tolist() == [3, 2]
    assert titles == ["users\ndata.csv; Table 1"]
    path.write_text(YAML.replace("minimum: 3", "minimum: three"))
    with pytest.raises(DataError, match=r"row 2 \(long\): minimum is 'three'; it must be a whole number"):
        reproduce(path, directory=tmp_path / "out")
    with pytest.raises(RuntimeError, match="registered twice"):
        register_kind(kind)


def test_kinds_use_settings_that_exist() -> None:
    assert all(KINDS[name].settings <= OPTIONAL_SETTINGS for name in KINDS)


def test_kinds_fix_settings_that_their_trainers_have() -> None:
    for kind in (KINDS[name] for name in KINDS):
        if issubclass(kind.row, FittedRow):
            row = kind.row(name="a", model="LSTM")
            assert RUN_SETTINGS | kind.fixed_settings <= trainer_arguments(row.trainer_class()), kind.name
        else:
            assert not kind.fixed_settings


def test_every_kind_is_in_a_shipped_experiment() -> None:
    assert {find_experiment(name).kind for name in list_experiments()} == set(KINDS)
