from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from graphcascade.report import plot_position_norms


def test_each_matrix_has_a_bar_with_its_norm() -> None:
    ax = Figure().subplots()
    plot_position_norms(pd.DataFrame({"matrix": ["init", "0", "2"], "norm": [1.0, 2.0, 3.0]}), ax)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["source", "last", "2 before"]
    assert [bar.get_height() for bar in ax.patches] == [1.0, 2.0, 3.0]
