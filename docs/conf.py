"""Sphinx configuration."""

import graphcascade

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
