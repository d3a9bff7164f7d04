"""Shows pictures that a tutorial makes without pyplot, as ``draw_dataset`` does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst

SHOWN: set[int] = set()


def scrape(block: tuple[Any, ...], block_vars: Mapping[str, Any], gallery_conf: Mapping[str, Any]) -> str:
    """Saves the figures that are new among the variables of a script, except for those of pyplot."""
    files = []
    for name, value in block_vars["example_globals"].items():
        new = isinstance(value, Figure) and not hasattr(value, "number") and id(value) not in SHOWN
        if new and not name.startswith("_"):
            SHOWN.add(id(value))
            files.append(next(block_vars["image_path_iterator"]))
            value.savefig(files[-1], dpi=110)
    return figure_rst(files, gallery_conf["src_dir"]) if files else ""


def _get_sg_image_scraper() -> Callable[..., str]:
    return scrape
