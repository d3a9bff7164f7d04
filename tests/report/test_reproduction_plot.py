from __future__ import annotations

import pandas as pd

from graphcascade.report import plot_reproduction


def test_published_and_measured_figures_are_drawn_side_by_side() -> None:
    nan = float("nan")
    columns = ["row", "metric", "published", "measured", "std", "parameter", "value"]
    rows = [("a", "F1", 0.2, 0.3, 0.01, nan, nan), ("b", "F1", nan, 0.4, nan, nan, nan)]
    figure = plot_reproduction(pd.DataFrame(rows, columns=columns), "title")
    (ax,) = figure.axes
    published = next(line for line in ax.lines if line.get_label() == "published")
    assert published.get_xdata()[0] == 0.2
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    rows = [("h1", "F1", nan, 0.3, nan, "heads", "1"), ("h2", "F1", nan, 0.5, nan, "heads", "2")]
    (ax,) = plot_reproduction(pd.DataFrame(rows, columns=columns), "title").axes
    assert ax.get_xlabel() == "heads"
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1", "2"]


def test_panels_of_parameters_share_their_axis_and_show_whole_markers() -> None:
    rows = [("size", 32, 0.50), ("size", 64, 0.57), ("layers", 1, 0.2), ("layers", 2, 0.3)]
    figures = pd.DataFrame(rows, columns=["parameter", "value", "measured"])
    figures = figures.assign(row=[f"row {number}" for number in range(4)], metric="AUC", published=None, std=[0.05] * 4)
    axes = plot_reproduction(figures, "a title").axes
    assert [ax.get_xlabel() for ax in axes] == ["size", "layers"]
    for ax in axes:
        low, high = ax.get_ylim()
        assert low == 0
        assert 0.62 * 1.05 < high < 0.62 * 1.2
