"""A task that the package does not have goes through fit, test and predict without an edit of the package."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from graphcascade.cli.program import main
from graphcascade.models import MODELS, load_model
from graphcascade.options.task_options import TASK_OPTIONS
from graphcascade.tasks import TASKS, register_task, task_of
from tests.tasks.toy_task import ToyModel, ToyOptions, ToyTask


@dataclass(frozen=True)
class OtherItems:
    num_test: int = 2


@dataclass(frozen=True)
class OtherOptions:
    items: OtherItems = field(default_factory=OtherItems)


class OtherTask(ToyTask):
    name = "other"
    options = OtherOptions


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    MODELS.register("ToyModel")(ToyModel)
    register_task(ToyTask())
    yield
    MODELS.remove("ToyModel")
    del TASKS["toy"], TASK_OPTIONS["toy"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    x = torch.rand(40, 2, generator=torch.Generator().manual_seed(0))
    frame = pd.DataFrame({"item": [f"i{k}" for k in range(40)], "x1": x[:, 0], "x2": x[:, 1], "y": x[:, 0] - x[:, 1]})
    (tmp_path / "posts").mkdir()
    frame.to_csv(tmp_path / "posts" / "items.csv", index=False)
    return tmp_path / "posts"


def mean_square(run: Path, rows: pd.DataFrame) -> float:
    model = load_model(run / "model.safetensors")
    with torch.no_grad():
        found = model(torch.tensor(rows[["x1", "x2"]].to_numpy(), dtype=torch.float32)).squeeze(1)
    return float((found - torch.tensor(rows["y"].to_numpy(), dtype=torch.float32)).square().mean())


def test_fit_test_and_predict(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, table = tmp_path / "run", tmp_path / "numbers.csv"
    fit = ["fit", str(folder), "--model", "ToyModel", "--out", str(run), "--learning-rate", "0.1"]
    assert main([*fit, "--max-epochs", "3", "--num-test", "6", "--model-args.bias", "false"]) == 0
    assert "ToyModel on posts" in capsys.readouterr().out
    items = pd.read_csv(folder / "items.csv")
    fitted = json.loads((run / "result.json").read_text("utf-8"))
    assert fitted["metrics"][0]["value"] == pytest.approx(mean_square(run, items[-6:]))
    assert fitted["counts"] == {"items": 6}
    config = json.loads((run / "config.json").read_text("utf-8"))
    assert (config["num_test"], config["max_epochs"], "protocol" in config) == (6, 3, False)

    assert main(["test", str(run), str(folder), "--json", str(tmp_path / "tested.json")]) == 0
    assert "standard error over items" in capsys.readouterr().out
    tested = json.loads((tmp_path / "tested.json").read_text("utf-8"))
    assert tested["metrics"] == fitted["metrics"]
    assert main(["test", str(run), str(folder), "--part", "all", "--json", str(tmp_path / "all.json")]) == 0
    whole = json.loads((tmp_path / "all.json").read_text("utf-8"))
    assert whole["metrics"][0]["value"] == pytest.approx(mean_square(run, items))
    assert "all items, not a part of a split" in capsys.readouterr().out

    assert main(["predict", str(run), str(folder), "--out", str(table)]) == 0
    assert "Numbers: posts" in capsys.readouterr().out
    numbers = pd.read_csv(table)
    assert numbers["item"].tolist() == items["item"].tolist()
    weight = load_model(run / "model.safetensors").linear.weight[0].tolist()
    assert numbers["number"][0] == pytest.approx(items["x1"][0] * weight[0] + items["x2"][0] * weight[1])


def test_a_run_is_continued_as_if_never_interrupted(folder: Path, tmp_path: Path) -> None:
    fit = ["fit", str(folder), "--model", "ToyModel", "--quiet"]
    assert main([*fit, "--max-epochs", "2", "--out", str(tmp_path / "two")]) == 0
    assert main(["fit", "--config", str(tmp_path / "two" / "config.json"), "--resume", "--max-epochs", "4"]) == 0
    assert main([*fit, "--max-epochs", "4", "--out", str(tmp_path / "four")]) == 0
    found, expected = (load_model(tmp_path / run / "model.safetensors").state_dict() for run in ("two", "four"))
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_the_run_folder_is_named_after_the_data(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["fit", str(folder), "--model", "ToyModel", "--max-epochs", "1", "--quiet"]) == 0
    assert (tmp_path / "runs" / "posts-ToyModel" / "result.json").is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--model", "ToyModel", "--num-test", "0"], "--num-test 0: must be at least 1"),
        (["--model", "ToyModel", "--protocol", "ndm"], "ToyModel, which predicts a number for each item"),
        (["--model", "LSTM", "--num-test", "3"], "an option of the task toy (predicts a number for each item)"),
        (["--model", "ToyModel", "--model-args.size", "3"], "ToyModel has no argument 'size'"),
    ],
)
def test_options_that_do_not_fit(
    words: list[str], message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", str(folder), *words]) == 2
    assert message in capsys.readouterr().err


def test_options_of_test_without_effect_raise_an_error(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = str(tmp_path / "run")
    assert main(["fit", str(folder), "--model", "ToyModel", "--max-epochs", "1", "--out", run, "--quiet"]) == 0
    cases: dict[str, list[Any]] = {
        "--whole-cascades: has no effect on ToyModel, which predicts a number for each item": ["--whole-cascades"],
        "--protocol ndm: has no effect on a model that predicts a number for each item": ["--protocol", "ndm"],
    }
    for message, words in cases.items():
        assert main(["test", run, str(folder), *words]) == 2
        assert message in capsys.readouterr().err


def test_the_task_of_a_model_is_found() -> None:
    assert task_of(ToyModel) is TASKS["toy"]
    assert TASK_OPTIONS["toy"] is ToyOptions


def test_names_of_tasks_and_options_are_unique() -> None:
    with pytest.raises(RuntimeError, match="task 'toy' is registered twice"):
        register_task(ToyTask())
    with pytest.raises(RuntimeError, match="OtherItems and ItemOptions both have the option 'num_test'; rename one"):
        register_task(OtherTask())
    assert "other" not in {*TASKS, *TASK_OPTIONS}
