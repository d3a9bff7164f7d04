"""Sphinx configuration."""

import inspect
from typing import Any

from sphinx.application import Sphinx
from sphinx.util.inspect import stringify_signature

import graphcascade
from graphcascade.configured import Configured

project = "graphcascade"
author = "graphcascade contributors"
copyright = "2026, graphcascade contributors"
version = release = graphcascade.__version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "graphcascade"
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
autodoc_inherit_docstrings = False  # those of Lightning are not ours, and not all of them can be rendered
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_default_options = {"members": True, "undoc-members": False, "show-inheritance": True}
napoleon_google_docstring = True
napoleon_numpy_docstring = False
suppress_warnings = ["ref.python"]


def show_arguments(app: Sphinx, what: str, name: str, entry: Any, *_: Any) -> tuple[str, None] | None:
    """Shows the arguments of the constructor where Sphinx would show those of ``Configured.__new__``."""
    if what != "class" or not issubclass(entry, Configured):
        return None
    return stringify_signature(inspect.signature(entry), show_annotation=False), None


def setup(app: Sphinx) -> None:
    app.connect("autodoc-process-signature", show_arguments)
