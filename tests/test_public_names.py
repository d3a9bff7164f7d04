"""Public names exist and have docstrings; each registered model has a test, a paper, a docs entry and an experiment."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import graphcascade
from graphcascade import models
from graphcascade.models import MODELS

ROOT = Path(__file__).parents[1]
PACKAGES = sorted(
    ".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "graphcascade").rglob("__init__.py")
)
NOT_FROM_A_PAPER = {"Popularity", "RecentUsers", "SourceCooccurrence"}  # they count
NOT_FROM_A_PAPER |= {"MeanCascadeSize"}
NOT_FROM_A_PAPER |= {"TweetPopularity", "TweetRecency", "FolloweeRetweets", "CoRetweets"}
NOT_FROM_A_PAPER |= {"MeanLabel", "UserMean", "LastLabel", "CategoryMean"}
IN_NO_PAPERS_TABLE = {"IndependentCascade"}  # which needs a follow graph


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_has_a_docstring(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__doc__
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        entry = getattr(module, name)
        if inspect.isclass(entry) or inspect.isfunction(entry):
            text = entry.__doc__ or ""
            assert text, f"{package}.{name} has no docstring"
            assert not text.startswith(f"{name}("), f"{package}.{name} has only the signature of its dataclass"


@pytest.mark.parametrize("name", MODELS)
def test_model_is_exported_and_tested(name: str) -> None:
    model = MODELS[name]
    assert model.__name__ == name
    assert name in models.__all__
    kind, module = model.__module__.split(".")[-2:]
    tests = [path.read_text("utf-8") for path in (ROOT / "tests" / "models" / kind).glob("test_*.py")]
    assert any(re.search(rf"\b{name}\b", text) for text in tests), f"no test for {module}.py"


@pytest.mark.parametrize("name", MODELS)
def test_model_names_its_paper(name: str) -> None:
    text = MODELS[name].__doc__
    has_link = re.search(r"<https?://\S+>`_", text) is not None
    assert has_link or name in NOT_FROM_A_PAPER


@pytest.mark.parametrize("name", sorted(set(MODELS) - IN_NO_PAPERS_TABLE))
def test_model_is_in_an_experiment(name: str) -> None:
    rows = [path.read_text("utf-8") for path in (ROOT / "graphcascade" / "experiments").glob("*.yaml")]
    assert any(re.search(rf"\bmodel: {name}\b", text) for text in rows)


def test_the_package_offers_the_names_that_programs_begin_with_and_imports_them_when_they_are_used() -> None:
    command = (
        "import sys, graphcascade; before = 'torch' in sys.modules; listed = 'NextUserTrainer' in dir(graphcascade); "
        "from graphcascade import CascadeDataset; print(before, listed, 'torch' in sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["False", "True", "True"]
    for package, names in graphcascade._PACKAGES.items():
        for name in names:
            assert getattr(graphcascade, name) is getattr(importlib.import_module(f"graphcascade.{package}"), name)
    with pytest.raises(AttributeError, match="has no attribute 'NextUserTrainr'"):
        _ = graphcascade.NextUserTrainr


def test_type_checkers_see_the_names_of_the_package_where_they_are_imported_from() -> None:
    checked: dict[str, list[str]] = {}
    package = ast.parse((ROOT / "graphcascade" / "__init__.py").read_text("utf-8"))
    (block,) = (node for node in package.body if isinstance(node, ast.If))  # if TYPE_CHECKING
    for node in block.body:
        if isinstance(node, ast.ImportFrom):
            checked.setdefault(str(node.module).split(".")[1], []).extend(alias.name for alias in node.names)
    assert {package: sorted(names) for package, names in checked.items()} == {
        package: sorted(names) for package, names in graphcascade._PACKAGES.items()
    }
    assert set(graphcascade.__all__) == {"__version__", *(name for names in checked.values() for name in names)}
