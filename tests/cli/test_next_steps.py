from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphcascade.cli import main
from graphcascade.cli.next_steps import suggest_commands, suggest_prediction
from graphcascade.options import ReadOptions
from graphcascade.tasks import TASKS


def test_commands_have_the_options_of_data_and_protocol() -> None:
    files = ReadOptions(user="user id", time_unit="s")
    options = {"protocol": "dssf", "counters": True, "max_epochs": 3, "learning_rate": 0.1, "train_share": 0.8}
    text = suggest_commands(TASKS["next-user"], "LSTM", "my data.csv", files, options).splitlines()
    words = "'my data.csv' --user 'user id' --time-unit s --protocol dssf"
    assert [line.partition(":")[2].strip() for line in text] == [
        f"graphcascade compare {words}",
        f"graphcascade tune {words} --model LSTM",
    ]


def test_the_task_is_named_if_the_options_do_not_decide_it() -> None:
    task = TASKS["cascade-size"]
    assert " --task cascade-size\n" in suggest_commands(task, "CascadeSizeLSTM", "my.csv", ReadOptions(), {})
    assert "--task" not in suggest_commands(task, "CascadeSizeLSTM", "my.csv", ReadOptions(), {"observe": "1h"})


def test_the_command_that_predicts_names_the_folder_of_datasets_only() -> None:
    reading = ReadOptions(user="customer id", root=Path("my data"))  # the column is saved with the model
    shown = suggest_prediction(Path("compared/LSTM-1"), "Memetracker", reading)
    assert shown == "graphcascade predict compared/LSTM-1 Memetracker --root 'my data'"
    shown = suggest_prediction(Path("run"), "posts.csv", ReadOptions(image_folder=Path("images")))
    assert shown == "graphcascade predict run posts.csv --image-folder images"
    assert suggest_prediction(Path("run"), "my.csv", ReadOptions()) == "graphcascade predict run my.csv"


def test_the_configuration_of_a_run_leaves_out_its_list_of_invalid_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f"u{(start + k) % 7},i{start},{start * 100 + k}" for start in range(30) for k in range(4)]
    Path("data.csv").write_text("\n".join(["user,item,time", *rows, "u1,i1,soon"]) + "\n")
    words = ["--model", "Markov", "--on-error", "drop", "--errors-out", "invalid.csv", "--out", "first", "--quiet"]
    assert main(["fit", "data.csv", *words]) == 0
    assert Path("invalid.csv").exists()
    assert "errors_out" not in json.loads(Path("first/config.json").read_text())
    assert main(["fit", "--config", "first/config.json", "--out", "second", "--quiet"]) == 0
