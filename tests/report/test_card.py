from __future__ import annotations

import base64
import io
import logging
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from graphcascade.report import Card, Section, write_page
from graphcascade.report.card import render_cards


def embedded(html: str) -> Image.Image:
    (data,) = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', html)
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_a_card_has_a_small_copy_of_its_image(tmp_path: Path) -> None:
    pixels = np.zeros((400, 800, 3), dtype=np.uint8)
    pixels[..., 0] = 200
    Image.fromarray(pixels).save(tmp_path / "red.png")
    html = render_cards([Card("1. <a>", "text & more", ["score 0.5"], str(tmp_path / "red.png"))])
    image = embedded(html)
    assert image.size == (320, 160)
    red, green, blue = np.asarray(image)[80, 160].tolist()
    assert red > 180
    assert max(green, blue) < 20
    assert "<h3>1. &lt;a&gt;</h3><p>text &amp; more</p>" in html
    assert "<p>score 0.5</p>" in html


def test_images_that_are_missing_or_broken_are_blank(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    with caplog.at_level(logging.WARNING):
        html = render_cards([Card("none"), Card("broken", image=str(tmp_path / "broken.jpg"))])
        gone = render_cards([Card("gone", image=str(tmp_path / "gone.jpg"))])
    assert html.count("no image") == 1
    assert html.count("the image cannot be read") == gone.count("the image cannot be read") == 1
    assert [record.getMessage().partition(": ")[0] for record in caplog.records] == [
        str(tmp_path / "broken.jpg"),
        str(tmp_path / "gone.jpg"),
    ]


def test_cards_are_on_a_page(tmp_path: Path) -> None:
    path = write_page(
        tmp_path / "page.html", "Cards", "Lead.", [Section("One", "", cards=[Card("first"), Card("2nd")])]
    )
    text = path.read_text(encoding="utf-8")
    assert text.count('<div class="card">') == 2
    assert "<p></p>" not in text
    assert ".cards {" in text


def test_no_space_is_kept_if_no_card_has_an_image() -> None:
    html = render_cards([Card("a", "one"), Card("b", "two")])
    assert "blank" not in html
    assert "one" in html
