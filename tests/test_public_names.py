"""Public names exist and have docstrings; each registered model has a test, a paper, a docs entry and an experiment."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest

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
