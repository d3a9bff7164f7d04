from __future__ import annotations

import numpy as np

from graphcascade.report.style import to_readable_unit


def test_times_are_shown_in_the_largest_unit_with_a_range_of_two() -> None:
    time, unit = to_readable_unit(np.array([0.0, 7200.0]), "s")
    assert (time.tolist(), unit) == ([0.0, 2.0], "h")
    assert to_readable_unit(np.array([0.0, 7199.0]), "s")[1] == "min"
    assert to_readable_unit(np.array([0.0, 3.0]), "d")[1] == "d"
    assert to_readable_unit(np.array([5.0]), "s")[1] == "s"
    assert to_readable_unit(np.array([0.0, 1e9]), None)[1] is None
