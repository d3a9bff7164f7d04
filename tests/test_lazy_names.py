"""Packages import names when they are first used."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from graphcascade import metrics


def test_metrics_that_are_functions_need_no_torchmetrics() -> None:
    code = (
        "import sys; from graphcascade.metrics import hits; before = 'torchmetrics' in sys.modules; "
        "from graphcascade.metrics import *; print(before, HitAtK.__name__, 'torchmetrics' in sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["False", "HitAtK", "True"]


def test_names_come_from_their_modules_as_type_checkers_see_them() -> None:
    checked = {
        str(node.module).rpartition(".")[2]: tuple(alias.name for alias in node.names)
        for node in ast.walk(ast.parse(Path(metrics.__file__).read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("graphcascade.metrics.")
    }
    assert checked == metrics._MODULES
    assert sorted(name for names in checked.values() for name in names) == sorted(metrics.__all__)
    assert set(metrics.__all__) <= set(dir(metrics))
    for module, names in checked.items():
        for name in names:
            assert getattr(metrics, name) is getattr(importlib.import_module(f"graphcascade.metrics.{module}"), name)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'graphcascade\.metrics' has no attribute 'HitAtKay'"):
        _ = metrics.HitAtKay
