from __future__ import annotations

import torch
from matplotlib.figure import Figure

from graphcascade.report import (
    plot_sources,
)


def test_bars_count_the_cascades_of_each_source() -> None:
    ax = Figure().subplots()
    plot_sources(torch.tensor([1, 9, 1, 4, 1]), ax)
    assert [bar.get_height() for bar in ax.patches] == [9, 4, 1, 1, 1]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["head: 56% of the cascades", "tail: 44%"]
    plot_sources(torch.tensor([3, 1]), ax, head=0.5, title="Sources")
    assert ax.get_title() == "Sources"
