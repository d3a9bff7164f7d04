"""The package is found from wherever Python starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import graphcascade


def test_a_folder_of_the_same_name_does_not_hide_the_package(tmp_path: Path) -> None:
    """From the folder around a clone called graphcascade, Python sees that folder first: a namespace package."""
    (tmp_path / "graphcascade").mkdir()
    command = [sys.executable, "-c", "import graphcascade; print(graphcascade.__file__)"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert Path(found.stdout.strip()) == Path(graphcascade.__file__)
