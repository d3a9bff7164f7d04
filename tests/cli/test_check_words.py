from __future__ import annotations

import pytest

from graphcascade.cli import main
from graphcascade.cli.check_words import check_words
from graphcascade.cli.describe import describe
from graphcascade.cli.parser import Parser, add_command


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nonsense", "--seed", "1"], "unknown command 'nonsense': use one of demo, report,"),
        (["--nonsense"], "unknown option or argument --nonsense"),
        (
            ["fit", "x", "--lerning-rate", "1"],
            "unknown option or argument --lerning-rate; did you mean --learning-rate?",
        ),
        (
            ["fit", "x", "--users", "a"],
            "unknown option or argument --users; it is an option of simulate; did you mean --user?",
        ),
        (["fit", "x", "--number", "a"], "unknown option or argument --number; did you mean --numbers?"),
        (
            ["fit", "x", "--dim", "8"],
            "unknown option or argument --dim; arguments of a model are written --model-args.dim",
        ),
        (
            ["test", "run", "x", "--labels", "online"],
            "unknown option or argument --labels; it is an option of fit, compare and tune; did you mean --label?",
        ),
        (
            ["test", "run", "x", "--max-epochs", "3"],
            "unknown option or argument --max-epochs; it is an option of demo, report, fit and others",
        ),
        (["fit", "x", "-n", "1"], "unknown option or argument -n"),
        (["fit", "x", "y"], "unknown option or argument y"),
        (["fit", "x", "--seed"], "--seed: needs a value"),
        (["fit", "x", "--seed", "--quiet"], "--seed: needs a value"),
        (["fit", "x", "--seed", "1.5"], "--seed: 1.5 is not a whole number"),
        (["fit", "x", "--patience", "soon"], "--patience: soon is not a whole number"),
        (["fit", "x", "--counters", "maybe"], "--counters: maybe is not true or false"),
        (["fit", "x", "--head-share", "most"], "--head-share: most is not a number or 'half'"),
        (["fit", "x", "--seed", "1" * 5000], "--seed: the number has too many digits"),
        (["describe", "x\udce9"], "DATA: the name has bytes that are not UTF-8; rename it"),
        (["fit", "--quiet"], "graphcascade fit needs DATA"),
        (["test"], "graphcascade test needs MODEL and DATA"),
        (["test", "run"], "graphcascade test needs DATA"),
    ],
)
def test_invalid_words_are_errors_that_name_them(words, message, capsys):
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"graphcascade: error: {message}")
    command = f"graphcascade {words[0]}" if words[0] in ("fit", "test", "describe") else "graphcascade"
    assert error.endswith(f" (see {command} --help)\n")
    assert error.count("\n") == 1


def test_negative_numbers_are_values(capsys):
    assert main(["fit", "nowhere.csv", "--seed", "-1"]) == 2
    assert "--seed -1: must be 0 or more" in capsys.readouterr().err
    assert main(["fit", "nowhere.csv", "--learning-rate", "-.5"]) == 2
    assert "--learning-rate -0.5: must be" in capsys.readouterr().err


def test_a_typed_argument_overrides_the_configuration_file():
    commands = Parser(prog="graphcascade").add_subcommands(dest="command")
    parser = add_command(commands, "describe", describe)
    parser.configured = {"data": "run.yaml", "plot": "run.yaml"}
    check_words(parser, ["my.csv"], {"data": "other.csv", "plot": "a.png"})
    assert parser.configured == {"plot": "run.yaml"}  # errors about "data" no longer name the file
