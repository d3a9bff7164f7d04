from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from graphcascade.io import atomic_path
from graphcascade.report.card import STYLE as CARD_STYLE
from graphcascade.report.card import Card, render_cards
from graphcascade.report.interactive_network import STYLE as NETWORK_STYLE
from graphcascade.report.interactive_network import InteractiveNetwork, bokeh_script
from graphcascade.report.page_table import STYLE as TABLE_STYLE
from graphcascade.report.page_table import PageTable
from graphcascade.report.picture import Picture

__all__ = ["Section", "write_page"]


@dataclass(frozen=True, eq=False)
class Section:
    """A part of a report page.

    Args:
        title: Title of the section.
        text: Explanation in a sentence or two.
        content: Pictures, tables and networks, in their order; they stand side by side if there is room.
        cards: Images with texts, side by side.
    """

    title: str
    text: str
    content: Sequence[Picture | PageTable | InteractiveNetwork] = ()
    cards: Sequence[Card] = ()


STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.55 system-ui, sans-serif; color: #22303c; background: #fff; margin: 0; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin-top: 2.5rem; overflow-wrap: anywhere; }
p, li { max-width: 46rem; overflow-wrap: anywhere; }
ul { padding-left: 1.2rem; }
.row { display: flex; flex-wrap: wrap; gap: 1.5rem 2.5rem; align-items: flex-start; }
.row > * { max-width: 100%; }
figure { margin: 0; }
figcaption { max-width: 28rem; font-size: .9rem; color: #414d58; }
/* 112 pixels an inch where there is room, and at least 92 so that texts stay readable. */
figure img { display: block; height: auto; width: calc(var(--inches) * 112px); max-width: 100%;
  min-width: calc(var(--inches) * 92px); }
/* Shadows at the sides show that there is more to scroll to. */
.wide { overflow-x: auto; max-width: 100%;
  background: linear-gradient(to right, #fff 40%, #fff0) left / 2rem 100% no-repeat local,
    linear-gradient(to left, #fff 40%, #fff0) right / 2rem 100% no-repeat local,
    linear-gradient(to right, #22303c40, #22303c00) left / .7rem 100% no-repeat scroll,
    linear-gradient(to left, #22303c40, #22303c00) right / .7rem 100% no-repeat scroll; }
footer { margin-top: 3rem; color: #66717c; font-size: .85rem; }
"""


SHOW_NETWORKS = """
for (const data of document.querySelectorAll('figure script[type="application/json"]'))
  Bokeh.embed.embed_item(JSON.parse(data.textContent), data.parentElement.querySelector(".network"));
"""


def write_page(
    path: str | Path,
    title: str,
    lead: str,
    sections: Sequence[Section],
    footer: str = "",
    findings: Sequence[str] = (),
    *,
    overwrite: bool = False,
) -> Path:
    """Writes a self-contained HTML page, which refers to no other file; it has scripts only for interactive networks.

    Args:
        path: HTML file to write.
        title: Heading.
        lead: First paragraph.
        sections: Sections of the page.
        footer: Last line, such as the version and the command.
        findings: The main results, a sentence each, as a list at the beginning.
        overwrite: Whether to replace a file that exists.

    Raises:
        StorageError: The file exists already; the folder cannot be written to; the disk is full.
    """
    path = Path(path)
    body = "\n".join(_section(section) for section in sections)
    beginning = f"<p>{escape(lead)}</p>" if lead else ""
    if findings:
        beginning += f"\n<ul>{''.join(f'<li>{escape(finding)}</li>' for finding in findings)}</ul>"
    interactive = any(isinstance(block, InteractiveNetwork) for section in sections for block in section.content)
    scripts = f"\n<script>{bokeh_script()}</script>\n<script>{SHOW_NETWORKS}</script>" if interactive else ""
    page = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{escape(title)}</title>
<style>{STYLE}{TABLE_STYLE}{NETWORK_STYLE}{CARD_STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{beginning}
{body}
<footer>{escape(footer)}</footer>
</main>{scripts}
</body>
</html>
"""
    with atomic_path(path, overwrite=overwrite) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return path


def _section(section: Section) -> str:
    text = f"\n<p>{escape(section.text)}</p>" if section.text else ""
    parts = [f"<section>\n<h2>{escape(section.title)}</h2>{text}"]
    if section.content:
        parts.append(f'<div class="row">{"".join(block.to_html() for block in section.content)}</div>')
    if section.cards:
        parts.append(render_cards(section.cards))
    return "\n".join([*parts, "</section>"])
