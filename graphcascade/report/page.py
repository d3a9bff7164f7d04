from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from graphcascade.io import atomic_path
from graphcascade.report.card import STYLE as CARD_STYLE
from graphcascade.report.card import Card, render_cards

__all__ = ["Section", "write_page"]


@dataclass(frozen=True, eq=False)
class Section:
    """A part of a report page.

    Args:
        title: Title of the section.
        text: Explanation in a sentence or two.
        figure: A picture.
        table: A table; floats are shown with four digits.
        cards: Images with texts, side by side.
    """

    title: str
    text: str
    figure: Figure | None = None
    table: pd.DataFrame | None = None
    cards: Sequence[Card] = ()


STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.55 system-ui, sans-serif; color: #22303c; background: #fff; margin: 0; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; }
h2 { font-size: 1.2rem; margin-top: 2.5rem; }
p { max-width: 46rem; }
img { width: 100%; min-width: 40rem; height: auto; display: block; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .8rem; border-bottom: 1px solid #d8dde2; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
footer { margin-top: 3rem; color: #66717c; font-size: .85rem; }
"""


def write_page(
    path: str | Path,
    title: str,
    lead: str,
    sections: Sequence[Section],
    footer: str = "",
    *,
    overwrite: bool = False,
) -> Path:
    """Writes a self-contained HTML page, without scripts or external files.

    Args:
        path: HTML file to write.
        title: Heading.
        lead: First paragraph.
        sections: Sections of the page.
        footer: Last line, such as the version and the command.
        overwrite: Whether to replace a file that exists.

    Raises:
        StorageError: The file exists already; the folder cannot be written to; the disk is full.
    """
    path = Path(path)
    body = "\n".join(_section(section) for section in sections)
    page = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{escape(title)}</title>
<style>{STYLE}{CARD_STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
<p>{escape(lead)}</p>
{body}
<footer>{escape(footer)}</footer>
</main>
</body>
</html>
"""
    with atomic_path(path, overwrite=overwrite) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return path


def _section(section: Section) -> str:
    text = f"\n<p>{escape(section.text)}</p>" if section.text else ""
    parts = [f"<section>\n<h2>{escape(section.title)}</h2>{text}"]
    if section.table is not None:
        parts.append(f'<div class="wide">{_table(section.table)}</div>')
    if section.figure is not None:
        drawn = io.BytesIO()
        section.figure.savefig(drawn, format="png", dpi=150)
        data = base64.b64encode(drawn.getvalue()).decode("ascii")
        parts.append(f'<div class="wide"><img alt="{escape(section.title)}" src="data:image/png;base64,{data}"></div>')
    if section.cards:
        parts.append(render_cards(section.cards))
    return "\n".join([*parts, "</section>"])


def _table(frame: pd.DataFrame) -> str:
    def cell(value: object) -> str:
        if isinstance(value, float):
            return "" if value != value else f"{value:.4f}"
        return f"{value:,}" if isinstance(value, int) else escape(str(value))

    head = "".join(f"<th>{escape(str(name))}</th>" for name in frame.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{cell(value)}</td>" for value in row) + "</tr>" for row in frame.itertuples(index=False)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
