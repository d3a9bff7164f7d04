from __future__ import annotations

import re

import pandas as pd

from graphcascade.report import PageTable


def cue_width(frame: pd.DataFrame) -> int:
    """The width of the screen, without its margins, from which on a table says that it scrolls."""
    found = re.search(r'class="cue from-(\d+)"', PageTable(frame).to_html())
    assert found is not None
    return int(found[1])


def test_wider_tables_say_sooner_that_they_scroll() -> None:
    narrow = pd.DataFrame({"name": ["a"], "count": [1]})
    wide = pd.DataFrame({f"a long name of column {number}": [number] for number in range(5)})
    assert cue_width(narrow) < 300
    assert 5 * 22 * 7 < cue_width(wide) <= 1000


def test_cells_are_escaped_and_formatted() -> None:
    frame = pd.DataFrame({"<b>": ["<i>", None], "count": [1200, 3], "share": [0.5, float("nan")], "ok": [True, False]})
    html = PageTable(frame, "A <title>").to_html()
    assert '<th scope="col" class="text">&lt;b&gt;</th>' in html
    assert '<td class="text">&lt;i&gt;</td><td>1,200</td><td>0.5000</td><td>yes</td>' in html
    assert '<td class="text"></td><td>3</td><td></td><td>no</td>' in html
    mixed = PageTable(pd.DataFrame({"reach": ["1,200.5 ± 0.1", ""], "name": ["1", "x"]})).to_html()
    assert '<td>1,200.5 ± 0.1</td><td class="text">1</td>' in mixed
    assert "<caption>A &lt;title&gt;</caption>" in html
