from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from graphcascade.report import plot_post_attention

EXAMPLE: dict[str, Any] = {
    "weight": [0.25, 0.75],
    "label": [3.0, math.nan, 5.5],
    "prediction": 4.25,
    "category": [["Animal", "cat"], [], ["Animal", "dog"]],
    "image": ["", "", ""],
}


def test_bars_are_the_weights_and_labels_those_of_the_posts() -> None:
    ax = Figure().subplots()
    plot_post_attention(EXAMPLE, ax, "DSN")
    assert [bar.get_height() for bar in ax.patches] == [0.25, 0.75]
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels == ["label 3.00\nAnimal\ncat", "label not known", "true label 5.50\nAnimal\ndog"]
    assert [text.get_text() for text in ax.texts] == ["0.25", "0.75", "predicted 4.25"]
    assert ax.get_title() == "DSN"


def test_images_are_drawn_and_broken_ones_are_left_out(tmp_path: Path) -> None:
    Image.fromarray(np.full((4, 4, 3), 200, dtype=np.uint8)).save(tmp_path / "good.png")
    (tmp_path / "broken.png").write_bytes(b"no image")
    paths = [str(tmp_path / name) for name in ("good.png", "broken.png", "missing.png")]
    figure = Figure()
    ax = figure.subplots()
    plot_post_attention({**EXAMPLE, "image": paths}, ax)
    assert len(ax.child_axes) == 1
    assert ax.child_axes[0].images[0].get_array().shape == (4, 4, 3)


def test_names_that_are_no_valid_formula_are_drawn_as_they_are() -> None:
    figure = Figure()
    category = [[r"$\frac{$"], [], [r"$\frac{$"]]
    plot_post_attention({**EXAMPLE, "category": category}, figure.subplots(), r"$\frac{$")
    figure.savefig(io.BytesIO())
