from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["lazy_names"]


def lazy_names(
    package: str, names: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Returns ``__getattr__`` and ``__dir__`` of a package that imports names when they are first used (PEP 562).

    It is for packages with imports that take long, of which most programs need few.

    Args:
        package: ``__name__`` of the package, which also has ``__all__``.
        names: The names, by the module or package in it that has them.

    Returns:
        The two functions. The first raises ``AttributeError`` for other names.
    """
    modules = {name: module for module, its_names in names.items() for name in its_names}

    def get_name(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(importlib.import_module(f"{package}.{modules[name]}"), name)
        setattr(sys.modules[package], name, found)
        return found

    def list_names() -> list[str]:
        module = sys.modules[package]
        return sorted({*vars(module), *module.__all__})

    return get_name, list_names
