from __future__ import annotations

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
