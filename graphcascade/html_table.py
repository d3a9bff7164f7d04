"""Tables for notebooks, which show what ``_repr_html_`` of an object returns."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from html import escape
from typing import Any

import pandas as pd

from graphcascade.number_text import format_number

__all__ = ["description_html", "html_table"]


def html_table(table: pd.DataFrame, title: str, notes: Iterable[str] = ()) -> str:
    """Returns a table with a title above it and notes below it as HTML.

    All texts are escaped, and the classes keep notebooks from reading dollar signs in ids as formulas.

    Args:
        table: The table. Numbers that are not whole have four digits; missing values are blank.
        title: What the table shows.
        notes: Sentences, a line each.
    """
    figure = partial(format_number, form=".4f")
    with pd.option_context("display.max_colwidth", None):
        known = table.where(table.notna(), float("nan"))
        rows = known.to_html(index=False, border=0, na_rep="", float_format=figure, justify="left")
    lines = "".join(f"<div>{escape(note)}</div>" for note in notes)
    return f'<div class="tex2jax_ignore mathjax_ignore"><strong>{escape(title)}</strong>{rows}{lines}</div>'


def description_html(figures: pd.Series[Any], title: str) -> str:
    """Returns the description of data, a name and a value in each row, as HTML.

    Args:
        figures: Values by their names.
        title: What is described.
    """
    values = [_text(value) for value in figures]
    return html_table(pd.DataFrame({"figure": figures.index.astype(str), "value": values}), title)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int | float) else str(value)
