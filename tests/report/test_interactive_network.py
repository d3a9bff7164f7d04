from __future__ import annotations

import json
import re

import pandas as pd
import pytest

from graphcascade.report import InteractiveNetwork, Section, write_page
from tests.report.browser import CHROMIUM, visit

pytest.importorskip("bokeh")
HOSTILE = ["</script><script>alert(1)</script>", "<img src=http://127.0.0.1:9/x.png>", "$$x^2$$", "<!--<script>"]


def hostile_network() -> InteractiveNetwork:
    links = pd.DataFrame(
        {"who": HOSTILE, "infects": HOSTILE[1:] + HOSTILE[:1], "support": [4, 3, 2, 1], "kind": ["a", "a", "b*", "b*"]}
    )
    return InteractiveNetwork(links, "Text </script>.", 'an "alt"', {"a": "#2f6f9f", "b*": "#c23b3b"})


def test_ids_cannot_end_the_script() -> None:
    html = hostile_network().to_html()
    (item,) = re.findall(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)
    assert "<" not in item
    found = json.loads(item)
    assert all(name in json.dumps(found, ensure_ascii=False) for name in ("alert(1)", "$$x^2$$"))
    assert html.count("<script") == html.count("</script") == 1
    assert "Text &lt;/script&gt;." in html
    assert "an &quot;alt&quot;" in html


def test_each_link_has_its_colour_and_its_users() -> None:
    figure = hostile_network()._figure()
    links = next(one.data_source.data for one in figure.renderers if "xs" in one.data_source.data)
    users = next(one.data_source.data for one in figure.renderers if "id" in one.data_source.data)
    assert links["color"] == ["#2f6f9f"] * 2 + ["#c23b3b"] * 2
    assert links["dash"] == ["solid"] * 2 + ["dashed"] * 2
    for row in range(4):
        first, second = links["source"][row], links["target"][row]
        assert users["id"][first] == HOSTILE[row]
        assert (links["xs"][row][0], links["ys"][row][0]) == (users["x"][first], users["y"][first])
        assert (links["xs"][row][-1], links["ys"][row][-1]) == (users["x"][second], users["y"][second])
    assert users["out"] == users["into"] == [1] * 4


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("width", [1400, 420])
def test_a_network_is_drawn_without_requests_and_messages(tmp_path, width) -> None:
    page = write_page(tmp_path / "page.html", "A page", "", [Section("Network", "", [hostile_network()])])
    dom, console, asked = visit(page.as_uri(), tmp_path, width)
    assert "bk-Figure" in dom  # Bokeh has drawn it
    assert console == []
    assert asked == []
