from __future__ import annotations

import math
import re
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from graphcascade.number_text import format_number

__all__ = ["PageTable"]

CHARACTER, PADDING = 7.8, 21.0  # pixels, of a character and of the sides of a column
LONGEST = 28  # characters; longer texts are broken into lines
NUMBER = re.compile(r"[-+]?[\d.,]+( ± [\d.,]+)?|")  # formatted numbers are aligned as numbers
STEP, WIDEST = 20, 1000  # widths of tables, in pixels, for which the page has a rule
MARGIN = 34  # pixels at the sides of a page

STYLE = """
table { border-collapse: separate; border-spacing: 0; font-size: .875rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: #56616c; padding: .2rem 0; caption-side: top; }
th, td { padding: .3rem .65rem; border-bottom: 1px solid #d8dde2; text-align: right; white-space: nowrap; }
thead th { vertical-align: bottom; border-bottom-color: #9aa3ab; }
th.text, td.text { text-align: left; }
td.long { white-space: normal; min-width: 12rem; overflow-wrap: anywhere; }
th:first-child, td:first-child { padding-left: 0; position: sticky; left: 0; background: #fff; }
.cue { display: none; margin: .2rem 0; color: #56616c; font-size: .85rem; }
""" + "".join(
    f"@media (max-width: {width + MARGIN}px) {{ .from-{width} {{ display: block; }} }}\n"
    for width in range(STEP * 12, WIDEST + 1, STEP)
)


@dataclass(frozen=True, eq=False)
class PageTable:
    """A table on a page. If a screen is too narrow for it, it scrolls sideways, and a line above it says so.

    Args:
        frame: The table. Whole numbers have separators, other numbers four digits; missing values are blank.
        title: What it shows.
    """

    frame: pd.DataFrame
    title: str = ""

    def to_html(self) -> str:
        """Returns the table as HTML."""
        texts = [_is_text(self.frame[name]) for name in self.frame.columns]
        rows = [[_cell(value) for value in row] for row in self.frame.itertuples(index=False)]
        heads = [str(name) for name in self.frame.columns]
        widths = [
            max([len(head), *(min(LONGEST, len(row[place])) for row in rows)]) for place, head in enumerate(heads)
        ]
        pixels = sum(CHARACTER * width + PADDING for width in widths)
        step = min(WIDEST, max(12 * STEP, math.ceil(pixels / STEP) * STEP))
        cells = "".join(
            "<tr>" + "".join(_td(cell, text) for cell, text in zip(row, texts, strict=True)) + "</tr>" for row in rows
        )
        head = "".join(
            f'<th scope="col"{" class=" + chr(34) + "text" + chr(34) if text else ""}>{escape(name)}</th>'
            for name, text in zip(heads, texts, strict=True)
        )
        caption = f"<caption>{escape(self.title)}</caption>" if self.title else ""
        label = escape(self.title or "table")
        cue = f'<p class="cue from-{step}">Scroll sideways: the table has {len(heads)} columns →</p>'
        return (
            f'<div>{cue}<div class="wide" role="region" aria-label="{label}" tabindex="0"><table>{caption}'
            f"<thead><tr>{head}</tr></thead><tbody>{cells}</tbody></table></div></div>"
        )


def _is_text(column: pd.Series[Any]) -> bool:
    return any(isinstance(value, str) and not NUMBER.fullmatch(value) for value in column)


def _cell(value: object) -> str:
    if value is None or value is pd.NaT or value is pd.NA:
        return ""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return "" if value != value else format_number(value, ".4f")
    return f"{value:,}" if isinstance(value, int) else str(value)


def _td(cell: str, text: bool) -> str:
    kind = " ".join(["text"] * text + ["long"] * (len(cell) > LONGEST))
    return f'<td class="{kind}">{escape(cell)}</td>' if kind else f"<td>{escape(cell)}</td>"
