from __future__ import annotations

import pandas as pd
import pytest

from graphcascade.report import draw_tuning

TABLE = pd.DataFrame(
    {"trial": [1, 2, 3, 4], "state": ["complete", "pruned", "complete", "complete"], "value": [0.2, 0.1, 0.4, 0.3]}
)


@pytest.mark.parametrize(("lower", "best"), [(False, [0.2, 0.4, 0.4]), (True, [0.2, 0.2, 0.2])])
def test_trials_and_the_best_so_far(lower: bool, best: list[float]) -> None:
    (ax,) = draw_tuning(TABLE, "MRR", "Settings of LSTM on my", 0.2, lower).axes
    lines = {line.get_label(): line for line in ax.get_lines()}
    assert list(lines) == ["best so far", "trial", "ended early", "defaults"]
    assert list(lines["best so far"].get_ydata()) == best
    assert list(lines["trial"].get_xdata()) == [1, 3, 4]
    assert list(lines["ended early"].get_ydata()) == [0.1]
