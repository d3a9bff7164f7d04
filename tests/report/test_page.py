from __future__ import annotations

import re
from html.parser import HTMLParser

import pandas as pd
from matplotlib.figure import Figure

from graphcascade.report import Section, write_page


class Outline(HTMLParser):
    """Tags that are open, and what the page asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.asked: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link", "img"):
            self.open.append(tag)
        self.asked += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_page_refers_to_no_other_file(tmp_path) -> None:
    figure = Figure()
    figure.subplots().plot([0, 1])
    table = pd.DataFrame({"model": ["a<b", "c"], "MRR": [0.5, float("nan")], "cascades": [1200, 3]})
    path = write_page(
        tmp_path / "page.html", "Who & what", "A <lead>.", [Section("One", "Text.", figure, table), Section("Two", "")]
    )
    text = path.read_text(encoding="utf-8")
    outline = Outline()
    outline.feed(text)
    assert outline.open == []
    assert all(one.startswith("data:") for one in outline.asked)
    assert len(outline.asked) == 2
    assert "<script" not in text
    assert not re.search(r"https?:", text)
    assert "Who &amp; what" in text
    assert "A &lt;lead&gt;." in text
    assert "<td>a&lt;b</td><td>0.5000</td><td>1,200</td>" in text
    assert "<td>c</td><td></td><td>3</td>" in text
