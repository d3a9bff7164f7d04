from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphcascade.cli import main
from graphcascade.cli.configuration import config_first
from graphcascade.models import load_model


def write_cascades(name: str, letter: str) -> None:
    rows = [f"{letter}{(item + k) % 5},s{item},{10 * item + k}" for item in range(20) for k in range(3)]
    Path(name).write_text("\n".join(["user,item,time", *rows]) + "\n")


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_cascades("a.csv", "a")
    write_cascades("b.csv", "b")


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_typed_values_override_the_file_wherever_they_stand(place):
    assert main(["fit", "a.csv", "--model", "Markov", "--out", "ra", "--quiet"]) == 0
    typed = [["b.csv"], ["--seed", "3"], ["--out", "rb", "--quiet"]]
    typed.insert(place, ["--config", "ra/config.json"])
    assert main(["fit", *(word for words in typed for word in words)]) == 0
    config = json.loads(Path("rb/config.json").read_text())
    assert (config["data"], config["seed"], config["model"]) == ("b.csv", 3, "Markov")
    assert load_model("rb/model.safetensors").user_ids.tolist() == [f"b{k}" for k in range(5)]


def test_typed_model_arguments_override_those_of_the_file_one_by_one():
    Path("run.yaml").write_text("data: a.csv\nmodel_args: {dim: 4, dropout: 0.5}\nmax_epochs: 1\ntime_unit: h\n")
    assert main(["fit", "--model-args.dim", "8", "--time-unit", "d", "--config", "run.yaml", "--out", "r"]) == 0
    config = json.loads(Path("r/config.json").read_text())
    assert {"dim": 8, "dropout": 0.5}.items() <= config["model_args"].items()
    assert config["time_unit"] == "d"


def test_several_files_in_both_spellings_move_to_the_front():
    words = ["fit", "x.csv", "--config=one.yaml", "--seed", "1", "--config", "two.yaml"]
    expected = ["fit", "--config=one.yaml", "--config=two.yaml", "x.csv", "--seed", "1"]
    assert config_first(words) == (expected, ["one.yaml", "two.yaml"])
    assert config_first(["fit", "--config"]) == (["fit", "--config"], [])
    assert config_first([]) == ([], [])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x00\x01\xff\xfe", "--config file: this is not a text file"),
        (b"user,item,time\na,x,1\n", "--config file: has no options; give a YAML or JSON file"),
        (b"", "--config file: has no options"),
        (b"[1, 2]", "--config file: has no options"),
        (b"model: [Markov\nout: x\n", "--config file, line 2: not valid YAML (expected ',' or ']'"),
        (b"a: " + b"[" * 5000, "--config file: its values are nested too deeply"),
        (b"seed: 3\nmodel: LSTM\nseed: 4\n", "--config file, line 3: 'seed' is given twice."),
        (b"model_args: {dim: 3, dim: 4}\n", "--config file, line 1: 'dim' is given twice."),
        (b"seed: 2024-99-99\n", "--config file: not valid YAML (a value cannot be read)"),
        (
            b"lerning_rate: 0.1\n",
            "--config file: the command has no option 'lerning_rate'; did you mean learning_rate?",
        ),
        (b"DATA: my.csv\n", "--config file: the command has no option 'DATA'; did you mean data?"),
        (b"1: 2\n", "--config file: the command has no option 1; see --help"),
        (b"seed: many\n", "--seed in file: many is not a whole number"),
        (b"seed:\n", "--seed in file: is left empty; give a whole number, or leave the option out"),
        (b"model:\n", "--model in file: is left empty; give text, or leave the option out"),
    ],
)
def test_files_that_are_not_a_configuration_are_an_error(content, message, capsys):
    Path("file").write_bytes(content)
    assert main(["fit", "a.csv", "--config", "file"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith(f"graphcascade: error: {message}")


def test_a_broken_json_file_is_explained_in_the_words_of_json(capsys):
    Path("broken.json").write_text('{"seed": 3,\n "model" "LSTM"}\n')
    assert main(["fit", "a.csv", "--config", "broken.json"]) == 2
    expected = "graphcascade: error: --config broken.json, line 2: not valid JSON (Expecting ':' delimiter).\n"
    assert capsys.readouterr().err == expected


def test_long_values_are_cut(capsys):
    for words in (
        ["fit", "a.csv", "--seed", "x" * 5000],
        ["fit", "a.csv", "--seed", "1" * 5000],
        ["fit", "a.csv", "--model", "x" * 5000],
        ["fit", "a.csv", "--model-args.dim", "x" * 5000],
        ["fit", "a.csv", "--x" + "y" * 5000],
        ["describe", "x" * 5000],
        ["x" * 5000],
    ):
        assert main(words) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert "xxxxxxxxxxx..." in error or "yyyyy..." in error or "--seed: the number has too many digits" in error
        assert max(map(len, error.split())) < 120


def test_a_file_of_another_model_is_named_with_its_model(tmp_path, capsys):
    file = tmp_path / "config.json"
    file.write_text('{"model": "LSTM", "max_epochs": 7}')
    for words in (["--model", "Netrate"], ["--model=netrate"]):
        assert main(["fit", "x.csv", "--config", str(file), *words]) == 2
        error = capsys.readouterr().err
        assert f"--max-epochs 7 in {file}, which is of the model LSTM: has no effect on " in error


@pytest.mark.parametrize("command", ["fit", "compare", "tune", "report", "predict", "reproduce"])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("!!python/object/apply:os.system ['touch made']", "not valid YAML (could not determine a constructor"),
        ("!!python/name:os.system", "not valid YAML (could not determine a constructor"),
        (
            "{"
            + ", ".join(
                [
                    "a: &a [1]",
                    *(
                        "bcdefghijk"[k] + f": &{'bcdefghijk'[k]} [" + ", ".join([f"*{'abcdefghijk'[k]}"] * 9) + "]"
                        for k in range(10)
                    ),
                ]
            )
            + "}",
            "references repeat values more than",
        ),
    ],
)
def test_a_hostile_file_runs_nothing_and_fills_no_memory(command, value, message, capsys):
    Path("file.yaml").write_text(f"json: {value}\n")
    words = ["reproduce", "file.yaml"] if command == "reproduce" else [command, "a.csv", "--config", "file.yaml"]
    assert main(words) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "file.yaml, line 1: " in error
    assert error.count("\n") == 1
    assert not Path("made").exists()
