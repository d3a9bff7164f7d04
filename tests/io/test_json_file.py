"""JSON files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from graphcascade.errors import StorageError
from graphcascade.io.json_file import write_json


def test_scalars_and_other_values_become_plain(tmp_path: Path) -> None:
    path = write_json(tmp_path / "new" / "a.json", {"a": np.float64(0.5), "b": [np.int64(3)], "c": Path("x")})
    assert json.loads(path.read_text()) == {"a": 0.5, "b": [3], "c": "x"}


def test_a_file_is_replaced_on_request_only(tmp_path: Path) -> None:
    path = write_json(tmp_path / "a.json", [1])
    with pytest.raises(StorageError, match="exists already"):
        write_json(path, [2])
    assert json.loads(path.read_text()) == [1]
    write_json(path, [2], overwrite=True)
    assert json.loads(path.read_text()) == [2]


def test_nan_is_an_error_and_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", [float("nan")])
    assert list(tmp_path.iterdir()) == []
