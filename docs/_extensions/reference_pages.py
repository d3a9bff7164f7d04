"""Writes the pages of the reference: one for each package and for each kind of model, from the lists of public names.

The pages are in ``docs/reference/``, which is not in the repository. A name that a package lists in ``__all__`` is on a
page without an entry anywhere else, and so is a package that is new.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.pycode import ModuleAnalyzer

import graphcascade
from graphcascade.models import MODELS

FOLDER = "reference"
# The order and the titles of the pages. Packages that are not listed follow under their own names.
TITLES = {
    "datasets": "Datasets",
    "data": "Data",
    "io": "Files and tables",
    "features": "Features of images and texts",
    "loader": "Loaders",
    "transforms": "Transforms",
    "simulate": "Simulation",
    "nn": "Layers",
    "models": "Models: make, save and load",
    "models.next_user": "Models of the next user",
    "models.point_process": "Models of the next time",
    "models.diffusion": "Models that infer a network",
    "models.ranking": "Models that rank tweets",
    "models.popularity": "Models of the popularity of posts",
    "models.cascade_size": "Models of the size of cascades",
    "models.embedding": "User vectors from a graph",
    "trainers": "Trainers",
    "evaluation": "Evaluation",
    "metrics": "Metrics",
    "prediction": "Prediction",
    "analysis": "Analysis",
    "report": "Pictures and pages",
    "workflows": "Workflows",
    "tasks": "Tasks",
    "options": "Options",
    "experiments": "Experiments",
    "experiments.kinds": "Kinds of experiments",
    "errors": "Errors",
    "registry": "Registry",
}
# graphcascade.data exports the names of its folders, the command line has its own reference, and write_report calls the
# sections of its page.
WITHOUT_PAGE = {"cli", "data.cascades", "data.posts", "data.retweets", "workflows.sections"}
DIRECTIVES = {"exception": "Exceptions", "class": "Classes", "function": "Functions"}


def pages() -> dict[str, str]:
    """Returns the titles of the pages by the names of the modules, without "graphcascade."."""
    packages = (part.name for part in pkgutil.walk_packages(graphcascade.__path__, "graphcascade.") if part.ispkg)
    names = [name.removeprefix("graphcascade.") for name in packages]
    others = {name: name.rpartition(".")[2].replace("_", " ").capitalize() for name in names if name not in TITLES}
    return {name: title for name, title in (TITLES | others).items() if name not in WITHOUT_PAGE}


def page(name: str, title: str) -> str:
    """Returns the page of a module as reStructuredText."""
    module = importlib.import_module(f"graphcascade.{name}")
    lines = [title, "=" * len(title), "", f".. automodule:: {module.__name__}", "   :no-members:", ""]
    lines += [f".. currentmodule:: {module.__name__}", ""]
    if name.startswith("models."):
        inside = f"{module.__name__}."
        yours = [each for each in MODELS if MODELS[each].__module__.startswith(inside) and each not in module.__all__]
        lines += _section("Models", "graphcascade.models", yours, module.__name__)
    elsewhere = _documented_below(module) | (set(MODELS) if name == "models" else set())
    entries = [each for each in module.__all__ if each not in elsewhere]
    for directive, heading in DIRECTIVES.items():
        chosen = [each for each in entries if _directive(getattr(module, each)) == directive]
        if name == "models.next_user" and directive == "class":
            heading = "Base classes and parts"
        lines += _section(heading, module.__name__, chosen, module.__name__)
    lines += _constants(module, [each for each in entries if _directive(getattr(module, each)) == "data"])
    return "\n".join(lines)


def _documented_below(module: ModuleType) -> set[str]:
    """Returns the names that a package of this package documents, too."""
    below = [name for name in pages() if f"graphcascade.{name}".startswith(f"{module.__name__}.")]
    return {each for name in below for each in importlib.import_module(f"graphcascade.{name}").__all__}


def _directive(entry: Any) -> str:
    if inspect.isclass(entry):
        return "exception" if issubclass(entry, BaseException) else "class"
    return "function" if callable(entry) and hasattr(entry, "__name__") else "data"


def _section(heading: str, module: str, names: list[str], current: str) -> Iterator[str]:
    if not names:
        return
    yield from (heading, "-" * len(heading), "", ".. autosummary::", "   :nosignatures:", "")
    yield from (f"   {name}" if module == current else f"   ~{module}.{name}" for name in names)
    yield ""
    for name in names:
        yield from (f".. auto{_directive(getattr(importlib.import_module(module), name))}:: {module}.{name}", "")


def _constants(module: ModuleType, names: list[str]) -> Iterator[str]:
    """Describes values by the comments at their definitions, which are in the files of the package."""
    files = [part.name for part in pkgutil.walk_packages(getattr(module, "__path__", ()), f"{module.__name__}.")]
    comments: dict[str, list[str]] = {}
    for file in [module.__name__, *files]:
        for (owner, name), lines in ModuleAnalyzer.for_module(file).find_attr_docs().items():
            if not owner and name in names:
                comments.setdefault(name, lines)
    if comments:
        yield from ("Constants and types", "-------------------", "")
    for name in (name for name in names if name in comments):
        yield from (f".. py:data:: {name}", "", *(f"   {line}" for line in comments[name]), "")


def write_pages(app: Sphinx, config: Config) -> None:
    """Writes the pages before Sphinx looks for its sources."""
    folder = Path(app.srcdir) / FOLDER
    folder.mkdir(exist_ok=True)
    texts = {f"{name.replace('.', '-')}.rst": page(name, title) for name, title in pages().items()}
    names = ", ".join(f"``{name}``" for name in graphcascade.__all__ if not name.startswith("_"))
    listed = ["Reference", "=========", "", "The Python interface, a page for each package.", ""]
    listed += [f"The names that most programs begin with are in ``graphcascade`` itself, too: {names}.", ""]
    listed += [".. toctree::", "   :maxdepth: 1", ""]
    listed += [f"   {name.removesuffix('.rst')}" for name in texts]
    texts["index.rst"] = "\n".join(listed) + "\n"
    for path in folder.iterdir():
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", write_pages)
    return {"parallel_read_safe": True}
