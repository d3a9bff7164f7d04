from __future__ import annotations

import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from matplotlib.figure import Figure

from graphcascade.report import PageTable, Picture, Section, write_page
from tests.report.browser import CHROMIUM, visit


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
    content = [Picture(figure, "A <line>.", 'a "line"'), PageTable(table, "Models")]
    path = write_page(
        tmp_path / "page.html", "Who & what", "A <lead>.", [Section("One", "Text.", content), Section("Two", "")]
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
    assert '<td class="text">a&lt;b</td><td>0.5000</td><td>1,200</td>' in text
    assert '<td class="text">c</td><td></td><td>3</td>' in text
    assert "<figcaption>A &lt;line&gt;.</figcaption>" in text
    assert 'alt="a &quot;line&quot;"' in text


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_page_logs_no_errors_and_requests_nothing(tmp_path) -> None:
    figure = Figure()
    figure.subplots().plot([0, 1])
    table = pd.DataFrame({"model": ["a"], "MRR": [0.5]})
    content = [Picture(figure, "A line.", "line"), PageTable(table)]
    path = write_page(tmp_path / "page.html", "A page", "A lead.", [Section("Part", "Text.", content)])
    dom, console, asked = visit(path.as_uri(), tmp_path)
    assert "<h2>Part</h2>" in dom
    assert console == []
    assert asked == []
    loud = tmp_path / "loud.html"  # the check itself notices both
    loud.write_text('<script>console.error("oh")</script><img src="http://127.0.0.1:9/x.png">')
    _, console, asked = visit(loud.as_uri(), tmp_path)
    assert console
    assert set(asked) == {"http://127.0.0.1:9/x.png"}
