"""Imports follow docs/architecture.md: no module imports from a later row than its own, and there are no circles."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).parents[1]
TABLE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\w+?)(?:\.py|/)` \|", TABLE, re.MULTILINE)
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in (ROOT / "graphcascade").rglob("*.py")
}


@functools.cache
def imports(module: str) -> frozenset[str]:
    """Modules of the package that a module imports, wherever in its text.

    The package itself imports nothing at first: what its text imports is for type checkers, and each name is imported
    when it is first used.
    """
    if module == "graphcascade":
        return frozenset()
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name if name in MODULES else str(node.module) for name in names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return frozenset(name for name in found if name in MODULES)


def row_of(module: str) -> int:
    """The row of a module in the table; the package itself, which imports nothing, is above all."""
    return -1 if module == "graphcascade" else ROWS.index(module.split(".")[1])


def test_the_table_lists_every_folder_and_module() -> None:
    there = {path.stem for path in (ROOT / "graphcascade").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert sorted(ROWS) == sorted(there - {"__init__", "__pycache__"})


@pytest.mark.parametrize("name", ROWS)
def test_modules_import_nothing_from_later_rows(name: str) -> None:
    own = [module for module in MODULES if module != "graphcascade" and module.split(".")[1] == name]
    assert own
    wrong = [(module, other) for module in own for other in imports(module) if row_of(other) > row_of(module)]
    assert wrong == []


def test_there_are_no_circular_imports() -> None:
    graph = nx.DiGraph((module, other) for module in MODULES for other in imports(module))
    assert [circle for circle in nx.strongly_connected_components(graph) if len(circle) > 1] == []
