from __future__ import annotations

import math

import pandas as pd
from matplotlib.figure import Figure

from graphcascade.report import plot_heat_map


def test_cells_have_their_numbers_at_the_values_of_the_parameters() -> None:
    table = pd.DataFrame([[1.25, 2.0], [3.5, math.nan]], index=[0.0, 0.2], columns=[0.4, 1.0])
    figure = Figure()
    ax = figure.subplots()
    plot_heat_map(table, ax, "across", "down", "MAE")
    assert {text.get_text(): text.get_position() for text in ax.texts} == {
        "1.250": (0, 0),
        "2.000": (1, 0),
        "3.500": (0, 1),
    }
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0.4", "1"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0", "0.2"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("across", "down")
    assert figure.axes[1].get_ylabel() == "MAE"
    dark = next(text for text in ax.texts if text.get_text() == "3.500")
    light = next(text for text in ax.texts if text.get_text() == "1.250")
    assert dark.get_color() == "white" != light.get_color()
