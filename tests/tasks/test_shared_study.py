from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from graphcascade.errors import MissingFileError, StorageError, UsageError
from graphcascade.tasks.shared_study import open_study

KEY: dict[str, Any] = {
    "model": "LSTM",
    "name": "my",
    "data": [{"split": "1"}],
    "options": {"protocol": "random", "max_epochs": "3"},
    "space": {"dim": [8, 16]},
    "seed": 0,
}


def test_a_study_is_found_again(tmp_path: Path) -> None:
    place = tmp_path / "new" / "study.db"
    open_study(place, KEY, lower_is_better=True).enqueue_trial({"dim": 8})
    study = open_study(place, KEY, lower_is_better=True)
    assert len(study.trials) == 1
    assert study.direction.name == "MINIMIZE"
    assert open_study(None, KEY, lower_is_better=False).trials == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "RNN"}, "this study searches settings of LSTM, not of RNN"),
        ({"data": [{"split": "2"}]}, r"this study is about other data \(my\) or another split"),
        ({"space": {"dim": [8]}}, "this study has another search space"),
        ({"options": {"protocol": "random", "max_epochs": "4"}}, r"this study has other options \(max_epochs\)"),
        ({"seed": 1}, r"this study has another seed \(0\)"),
    ],
)
def test_a_study_of_something_else_is_an_error(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    open_study(tmp_path / "study.db", KEY, False)
    with pytest.raises(UsageError, match=message):
        open_study(tmp_path / "study.db", KEY | change, False)


def test_what_is_no_study_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "study.db").write_text("hello")
    with pytest.raises(StorageError, match=r"study.db'?: cannot be opened as a study \(file is not a database"):
        open_study(tmp_path / "study.db", KEY, False)
    with pytest.raises(StorageError):
        open_study(tmp_path / "study.db" / "study.db", KEY, False)
    with pytest.raises(StorageError, match="nonsense://host/x"):
        open_study("nonsense://me:secret@host/x", KEY, False)


def test_optuna_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingFileError, match=r"needs optuna, which is not installed: pip install 'graphcascade\[sw"):
        open_study(None, KEY, False)
