from __future__ import annotations

from html.parser import HTMLParser

import pandas as pd

from graphcascade.html_table import description_html, html_table


class Cells(HTMLParser):
    """Collects the texts of the cells of tables, and the names of all elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: object) -> None:
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.inside = True
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag not in ("td", "th")

    def handle_data(self, text: str) -> None:
        if self.inside:
            self.rows[-1][-1] += text


def test_cells_titles_and_notes_are_texts_and_never_markup() -> None:
    evil = "<script>alert('1')</script> & $x$ " + "long " * 40
    table = pd.DataFrame({"<b>user": [evil, None], "share": [1 / 3, float("nan")], "count": [2, 3]})
    text = html_table(table, f"of {evil}", ["<i>note</i>"])
    cells = Cells(text)
    assert cells.rows == [["<b>user", "share", "count"], [evil.strip(), "0.3333", "2"], ["", "", "3"]]
    assert cells.tags == {"div", "strong", "table", "thead", "tbody", "tr", "th", "td"}
    assert "&lt;i&gt;note&lt;/i&gt;" in text
    assert "mathjax_ignore" in text


def test_descriptions_have_a_row_for_each_figure() -> None:
    figures = pd.Series({"events": 12345, "mean length": 2.5, "parents known": False, "time unit": "s"}, dtype=object)
    assert Cells(description_html(figures, "data")).rows[1:] == [
        ["events", "12,345"],
        ["mean length", "2.5"],
        ["parents known", "no"],
        ["time unit", "s"],
    ]
