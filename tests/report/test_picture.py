from __future__ import annotations

import base64
import re

from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from graphcascade.report import Picture


def drawing(figure: Figure) -> str:
    (data,) = re.findall(r"base64,([^\"]*)", Picture(figure, "", "").to_html())
    return base64.b64decode(data).decode("utf-8")


def test_texts_stay_texts_of_one_size_in_the_fonts_of_the_system() -> None:
    figure = Figure(figsize=(3, 2))
    ax = figure.subplots()
    ax.set_title("Größe <b> 木", fontsize=20)
    ax.text(0, 0, "small", fontsize=3).set_path_effects([withStroke(linewidth=2, foreground="white")])
    ax.set_xlabel("label", fontsize=15)
    svg = drawing(figure)
    assert "Größe &lt;b&gt; 木" in svg
    sizes = {text: size for size, text in re.findall(r"font(?:-size)?: ([\d.]+)px[^>]*>([^<]+)</text>", svg)}
    assert sizes["small"] == sizes["label"] == "8.5"
    assert set(re.findall(r"font-family: ([^;\"]*)", svg)) <= {"system-ui, sans-serif"}
    assert "DejaVu" not in svg


def test_the_same_figure_gives_the_same_file() -> None:
    def draw() -> str:
        figure = Figure(figsize=(3, 2))
        figure.subplots().plot([1, 2, 3], marker="o")
        return drawing(figure)

    assert draw() == draw()
