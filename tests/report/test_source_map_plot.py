from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from graphcascade.report import (
    plot_source_map,
)


def test_sources_are_drawn_at_their_coordinates() -> None:
    frame = pd.DataFrame({"cascades": [9, 4, 1], "head": [True, False, False], "x": [0.0, 1, 2], "y": [3.0, 4, 5]})
    frame.attrs["explained"] = [0.5, 0.25]
    ax = Figure().subplots()
    plot_source_map(frame, ax)
    tail, head = ax.collections
    assert tail.get_offsets().tolist() == [[1, 4], [2, 5]]
    assert head.get_offsets().tolist() == [[0, 3]]
    assert head.get_sizes()[0] > tail.get_sizes()[0] > tail.get_sizes()[1]
    assert ax.get_xlabel() == "first component (50% of the variance)"
    assert ax.get_ylabel() == "second component (25%)"
