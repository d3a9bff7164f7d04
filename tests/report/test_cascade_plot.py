from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from graphcascade.io import from_pandas
from graphcascade.report import (
    plot_cascade,
)


def dataset(names: str = "ab", unit: str | None = "s"):
    frame = pd.DataFrame({"user": list(names), "item": "x", "time": [0.0, 7200.0]})
    return from_pandas(frame, time_unit=unit)


def test_users_are_drawn_at_the_times_of_their_infection() -> None:
    ax = Figure().subplots()
    plot_cascade(dataset()[0], ax, dataset().user_ids, "s")
    assert ax.get_xlabel() == "time since the source [h]"
    assert [text.get_text() for text in ax.texts] == ["a (source)", "b"]
    assert ax.collections[-2].get_offsets().tolist() == [[2.0, 1.0]]
