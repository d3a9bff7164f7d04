"""Sphinx configuration."""

import inspect
import logging
import os
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.util.inspect import stringify_signature

import graphcascade
from graphcascade.configured import Configured

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

# The tutorials run in this process; what they log is not part of their pages.
logging.getLogger("graphcascade").setLevel(logging.ERROR)

project = "graphcascade"
author = "graphcascade contributors"
copyright = "2026, graphcascade contributors"
version = release = graphcascade.__version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_gallery.gen_gallery",
    "command_reference",  # this one and those below are in docs/_extensions
    "measured_tables",
    "reference_pages",
]
exclude_patterns = ["_build", "_extensions", "tutorials/*.md5"]
html_theme = "furo"
html_title = "graphcascade"
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
autodoc_inherit_docstrings = False  # those of Lightning are not ours, and not all of them can be rendered
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_default_options = {"members": True, "undoc-members": False, "show-inheritance": True}
autosummary_generate = False  # the pages of the reference have tables of their own entries only
napoleon_google_docstring = True
napoleon_numpy_docstring = False
suppress_warnings = ["ref.python", "config.cache"]
toc_object_entries_show_parents = "hide"

# Links to the documentation of other packages need the network, so they are made only if this variable is set.
intersphinx_mapping = (
    {
        "python": ("https://docs.python.org/3", None),
        "torch": ("https://docs.pytorch.org/docs/stable", None),
        "torch_geometric": ("https://pytorch-geometric.readthedocs.io/en/stable", None),
        "lightning": ("https://lightning.ai/docs/pytorch/stable", None),
        "torchmetrics": ("https://lightning.ai/docs/torchmetrics/stable", None),
        "numpy": ("https://numpy.org/doc/stable", None),
        "pandas": ("https://pandas.pydata.org/docs", None),
        "networkx": ("https://networkx.org/documentation/stable", None),
        "matplotlib": ("https://matplotlib.org/stable", None),
    }
    if os.environ.get("GRAPHCASCADE_INTERSPHINX")
    else {}
)

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "tutorials",
    "filename_pattern": r"\.py$",
    "within_subsection_order": "tutorial_order.tutorial_order",
    "abort_on_example_error": True,
    "image_scrapers": ("matplotlib", "figure_scraper"),
    "capture_repr": (),
    "show_memory": False,
    "show_signature": False,
    "download_all_examples": False,
    "remove_config_comments": True,
    "backreferences_dir": None,
}


def show_arguments(app: Sphinx, what: str, name: str, entry: Any, *_: Any) -> tuple[str, None] | None:
    """Shows the arguments of the constructor where Sphinx would show those of ``Configured.__new__``."""
    if what != "class" or not issubclass(entry, Configured):
        return None
    return stringify_signature(inspect.signature(entry), show_annotation=False), None


def setup(app: Sphinx) -> None:
    app.connect("autodoc-process-signature", show_arguments)
