from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from graphcascade.io import from_pandas
from graphcascade.report import (
    plot_sizes,
)


def test_the_line_is_the_share_of_cascades_of_a_minimum_size() -> None:
    frame = pd.DataFrame({"user": list("ababcabcd"), "item": list("xxyyyzzzz"), "time": range(9)})
    ax = Figure().subplots()
    plot_sizes(from_pandas(frame), ax)
    (line,) = ax.lines
    assert line.get_xydata().tolist() == pytest.approx(np.array([[2, 1], [3, 2 / 3], [4, 1 / 3]]))
    assert line.get_drawstyle() == "steps-pre"  # three or more: the cascades of four count for 3.5 too
