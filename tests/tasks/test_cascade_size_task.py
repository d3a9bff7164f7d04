"""The task "cascade-size": from a file of cascades to predicted sizes, and options that have no effect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from graphcascade.cli.program import main
from graphcascade.errors import UsageError
from graphcascade.io import write_cascades
from graphcascade.models import CascadeSizeLSTM, LinearCascadeSize
from graphcascade.options import CascadeSizeOptions
from graphcascade.options.task_options import make_options
from graphcascade.tasks import TASKS, CascadeSizeTask, fit_and_test, task_of
from tests.models.cascade_size.small_cascades import growing_cascades

TASK = TASKS["cascade-size"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_cascades(growing_cascades(), tmp_path / "my.csv")
    return tmp_path / "my.csv"


def test_models_of_sizes_belong_to_it() -> None:
    assert task_of(CascadeSizeLSTM) is task_of(LinearCascadeSize) is TASK
    assert isinstance(TASK, CascadeSizeTask)


@pytest.mark.parametrize("window", [["--observe", "10s", "--time-unit", "s"], ["--observe-events", "3"]])
def test_fit_test_and_predict(
    file: Path, tmp_path: Path, window: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run, table, unit = str(tmp_path / "run"), tmp_path / "sizes.csv", window[2:]
    fit = ["fit", str(file), "--model", "CascadeSizeLSTM", "--max-epochs", "2", "--out", run, *window]
    assert main(fit) == 0
    assert "Compared with counting baselines" in capsys.readouterr().out
    fitted = json.loads((tmp_path / "run" / "result.json").read_text("utf-8"))
    assert {row["metric"] for row in fitted["metrics"]} == {"MSLE", "Median relative error"}
    counters = json.loads((tmp_path / "run" / "counters.json").read_text("utf-8"))
    assert [each["model"] for each in counters] == ["MeanCascadeSize", "LinearCascadeSize", "HawkesCascadeSize"]
    assert main(["test", run, str(file), "--json", str(tmp_path / "tested.json"), *unit]) == 0
    tested = json.loads((tmp_path / "tested.json").read_text("utf-8"))
    assert (tested["metrics"], tested["split"]) == (fitted["metrics"], fitted["split"])
    assert main(["predict", run, str(file), "--out", str(table), *unit]) == 0
    assert "How big will they get?" in capsys.readouterr().out
    frame = pd.read_csv(table)
    assert list(frame.columns) == ["cascade", "item", "events", "users so far", "size", "lower", "upper"]
    assert (frame["lower"] <= frame["upper"]).all()
    assert (frame["size"] >= frame["events"]).all()
    assert (frame["lower"] >= frame["events"]).all()


def test_a_fitted_model_is_saved_with_its_window(file: Path, tmp_path: Path) -> None:
    run = str(tmp_path / "run")
    assert main(["fit", str(file), "--model", "LinearCascadeSize", "--observe", "10", "--out", run, "--quiet"]) == 0
    assert main(["predict", run, str(file), "--quiet", "--json", str(tmp_path / "sizes.json")]) == 0
    sizes = json.loads((tmp_path / "sizes.json").read_text("utf-8"))
    assert all(row["lower"] <= row["size"] for row in sizes)


def test_options_without_effect_or_out_of_range(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for model, words, message in (
        ("CascadeSizeLSTM", [], "say how much of a cascade is observed"),
        ("CascadeSizeLSTM", ["--observe-events", "0"], "--observe-events 0: must be at least 1"),
        ("CascadeSizeLSTM", ["--observe", "1h"], "--observe 1h: has a unit, and the times of the data have none"),
        ("CascadeSizeLSTM", ["--observe", "100000"], "has reached the end of the window"),
        ("LinearCascadeSize", ["--observe", "10", "--max-epochs", "3"], "--max-epochs 3: has no effect on"),
        ("LinearCascadeSize", ["--observe", "10", "--protocol", "ndm"], "--protocol ndm: has no effect on"),
        ("LSTM", ["--observe", "10"], "--observe 10: has no effect on LSTM"),
    ):
        assert main(["fit", str(file), "--model", model, *words]) == 2
        assert message in capsys.readouterr().err


@pytest.mark.parametrize("kind", [LinearCascadeSize, CascadeSizeLSTM])
def test_training_cascades_that_are_left_out_are_named_once(kind: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "graphcascade")
    data = growing_cascades()
    options = make_options(
        CascadeSizeOptions, {"observe_events": 6, "max_epochs": 1 if kind is CascadeSizeLSTM else 50}
    )
    parts = TASK.split(data, options, 0)
    trainer = TASK.trainer(options, 0, False)
    model = TASK.make(kind, data, {}, options)
    fit_and_test(TASK, model, parts, trainer, options)
    count = int((parts.train.table.size < 6).sum())
    message = f"{count} of {len(parts.train)} cascades have not reached the end of the window, the first 6 events, and"
    assert count > 0
    assert sum(message in line for line in caplog.messages) == 1


def test_predict_has_no_number_of_answers() -> None:
    data = growing_cascades()
    options = make_options(CascadeSizeOptions, {"observe": "10s"})
    model = TASK.make(LinearCascadeSize, data, {}, options).fit(data)
    with pytest.raises(UsageError, match="k=3: has no effect on LinearCascadeSize"):
        TASK.predict(model, data, 3)
