"""The package is found from wherever Python starts, and the tests mirror it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import graphcascade

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "graphcascade"
MIRRORS_NO_FILE = {
    "io/test_damaged_files.py": "damages files of all formats",
    "io/test_round_trips.py": "writes with one file of io/ and reads with another",
    "simulate/test_inferred_networks.py": "simulates on networks that were inferred",
    "test_cli.py": "runs whole commands",
    "test_documentation.py": "runs README.md and the guide",
    "test_examples.py": "runs the scripts of examples/",
    "test_faults.py": "kills commands, and takes their disk and their output away",
    "test_floors.py": "compares all imports with docs/architecture.md",
    "test_guides.py": "compares CONTRIBUTING.md and docs/architecture.md with the files that they name",
    "test_layout.py": "compares tests/ with the package",
    "test_public_names.py": "checks the public names of all packages",
}


def test_a_folder_of_the_same_name_does_not_hide_the_package(tmp_path: Path) -> None:
    """From the folder around a clone called graphcascade, Python sees that folder first: a namespace package."""
    (tmp_path / "graphcascade").mkdir()
    command = [sys.executable, "-c", "import graphcascade; print(graphcascade.__file__)"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert Path(found.stdout.strip()) == Path(graphcascade.__file__)


def test_each_test_file_mirrors_a_file_of_the_package_or_a_helper_beside_it() -> None:
    found = set()
    for path in TESTS.rglob("test_*.py"):
        name, folder = path.name.removeprefix("test_"), path.parent.relative_to(TESTS)
        if not (PACKAGE / folder / name).exists() and not (path.parent / name).exists():
            found.add((folder / path.name).as_posix())
    assert found == set(MIRRORS_NO_FILE)
