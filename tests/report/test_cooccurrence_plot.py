from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from graphcascade.report import plot_cooccurrence


def test_each_distance_has_a_bar() -> None:
    ax = Figure().subplots()
    plot_cooccurrence(pd.DataFrame({"between": ["0", ">= 10"], "mean": [2.5, 1.25], "top": [9.0, 4.0]}), ax, "top")
    assert [bar.get_height() for bar in ax.patches] == [9.0, 4.0]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", ">= 10"]
