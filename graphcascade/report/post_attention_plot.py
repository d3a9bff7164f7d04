from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from PIL import Image

from graphcascade.features.image_encoder import BROKEN_IMAGE
from graphcascade.number_text import format_number
from graphcascade.report.style import BLUE, ORANGE, shorten, style_axes

__all__ = ["plot_post_attention"]


def plot_post_attention(example: Mapping[str, Any], ax: Axes, title: str = "") -> None:
    """Draws how much each of the posts before a post weighed in its prediction.

    Args:
        example: A list for each field of the posts, the predicted one last: ``label`` (NaN if unknown), ``category``
            (names from coarse to fine) and ``image`` (path of a file, or ""); ``weight`` of all but the last; and the
            ``prediction``.
        ax: Axes to draw on.
        title: Title.
    """
    weight = np.array(example["weight"])
    count = len(weight)
    ax.bar(range(count), weight, color=BLUE, width=0.6)
    ax.set_ylim(0, max(1.25 * float(weight.max(initial=0)), 0.01))
    for place, value in enumerate(weight):
        ax.text(place, value, f"{value:.2f}", ha="center", va="bottom", fontsize=9)
    ax.axvline(count - 0.5, color=ORANGE, linewidth=1)
    last = example["label"][-1]
    predicted = format_number(example["prediction"], ".2f")
    ax.text(count, 0, f"predicted {predicted}", ha="center", va="bottom", fontsize=9, color=ORANGE)
    labels = []
    for label, names in zip(example["label"], example["category"], strict=True):
        known = "label not known" if label != label else f"label {format_number(label, '.2f')}"
        labels.append("\n".join([known, *map(shorten, names)]))
    labels[-1] = labels[-1].replace("label", "true label" if last == last else "label", 1)
    ax.set_xticks(range(count + 1), labels, fontsize=8, parse_math=False)
    ax.set_xlim(-0.6, count + 0.6)
    ax.set_ylabel("attention weight")
    ax.set_title(title, fontsize=10, parse_math=False)
    style_axes(ax)
    for place, path in enumerate(example["image"]):
        if path and Path(path).is_file():
            _draw_image(path, ax, (place - 0.3, 0.62 if place < count else 0.3, 0.6, 0.34))


def _draw_image(path: str, ax: Axes, place: tuple[float, float, float, float]) -> None:
    left, bottom, width, height = place
    try:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB"))
    except BROKEN_IMAGE:
        return
    inset = ax.inset_axes((left, bottom, width, height), transform=ax.get_xaxis_transform())
    inset.imshow(pixels)
    inset.set_axis_off()
