from __future__ import annotations

import io

import pandas as pd
from matplotlib.figure import Figure

from graphcascade.report import plot_importances


def test_bars_are_the_largest_importances_with_the_largest_on_top() -> None:
    ax = Figure().subplots()
    plot_importances(pd.Series({"a": 5.0, "b": 60.0, "c": 1.0, "d": 34.0}), ax, count=3)
    assert [bar.get_width() for bar in ax.patches] == [5, 34, 60]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "d", "b"]
    assert [text.get_text().strip() for text in ax.texts] == ["5.0", "34.0", "60.0"]


def test_a_model_without_inputs_that_matter_has_an_empty_picture() -> None:
    ax = Figure().subplots()
    plot_importances(pd.Series({"a": 0.0}), ax)
    assert ax.patches[0].get_width() == 0


def test_names_that_are_no_valid_formula_are_drawn_as_they_are() -> None:
    figure = Figure()
    plot_importances(pd.Series({r"$\frac{$": 5.0}), figure.subplots())
    figure.savefig(io.BytesIO())
