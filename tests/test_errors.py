from __future__ import annotations

import pickle

import pytest

from graphcascade.errors import DataError, MissingFileError, StorageError, UnknownNameError, UsageError

LONG = "v" * 100
CUT = "v" * 57 + "..."


@pytest.mark.parametrize("kind", [DataError, MissingFileError, StorageError, UnknownNameError, UsageError])
def test_quoted_values_are_cut(kind):
    assert str(kind(f"x.csv, line 3: the time of user 'ann' is {LONG!r}, which is not a number.")) == (
        f"x.csv, line 3: the time of user 'ann' is '{CUT}', which is not a number."
    )
    assert str(kind(f'k="{LONG}": must be a number.')) == f'k="{CUT}": must be a number.'


def test_text_between_quoted_values_is_kept():
    text = "the data has 'a!', and " + "words " * 30 + "that the users' ids are not 'b', ...: are these the users' ids?"
    assert str(UsageError(text)) == text
    assert str(UsageError("it is a user's file. " + "words " * 30 + "'x'")).endswith("'x'")


def test_commands_are_kept():
    text = f"stopped; 'graphcascade fit --config {'/folder' * 20}/config.json --resume' goes on."
    assert str(UsageError(text)) == text


def test_paths_are_kept_and_words_that_no_file_name_could_be_are_cut():
    path = "/folder" * 60 + "/file.csv"
    assert str(UsageError(f"{path}: there is no such file.")) == f"{path}: there is no such file."
    assert str(UsageError(f"--k {'1' * 5000} must be less.")) == f"--k {'1' * 57}... must be less."


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"argument": "k", "value": 0}, "k=0: must be less."),
        ({"argument": "k", "value": None}, "k=None: must be less."),
        ({"argument": "k", "value": "a"}, "k='a': must be less."),
        ({"argument": "k"}, "k: must be less."),
        ({"argument": "k", "value": 0, "owner": "HitAtK"}, "HitAtK(k=0): must be less."),
        ({"value": "x.csv"}, "x.csv: must be less."),
        ({"remedy": ("overwrite", True)}, "must be less overwrite=True."),
        ({}, "must be less"),
        ({"argument": "k", "reason": "did you mean 3?"}, "k: did you mean 3?"),
    ],
)
def test_the_text_is_made_from_the_fields(fields, text):
    error = UsageError(**{"reason": "must be less", **fields})
    assert str(error) == text
    for name in ("argument", "value", "owner", "remedy"):
        assert getattr(error, name) == fields.get(name)
    assert error.has_value == ("value" in fields)
    assert error.reason == fields.get("reason", "must be less")


@pytest.mark.parametrize("kind", [DataError, MissingFileError, StorageError, UnknownNameError, UsageError])
def test_fields_survive_pickling(kind):
    error = pickle.loads(pickle.dumps(kind(argument="k", value=0, reason="must be less", remedy=("other", 1))))
    assert type(error) is kind
    assert str(error) == "k=0: must be less other=1."
    assert (error.argument, error.value, error.reason, error.remedy) == ("k", 0, "must be less", ("other", 1))


def test_describe_replaces_the_argument_and_the_remedy():
    error = StorageError(argument="out", value="x.csv", reason="exists; use", remedy=("overwrite", True), owner="Run")
    assert error.describe("--out x.csv", "--overwrite") == "--out x.csv: exists; use --overwrite."
    assert error.describe("--out x.csv") == "--out x.csv: exists; use overwrite=True."
