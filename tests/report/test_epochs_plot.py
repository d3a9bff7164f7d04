from __future__ import annotations

from matplotlib.figure import Figure

from graphcascade.report import plot_epochs


def test_each_model_has_a_line() -> None:
    ax = Figure().subplots()
    plot_epochs({"a": [3.0, 2.0], "b": [1.0, 0.5, 0.4]}, ax, "objective")
    lines = {str(line.get_label()): line.get_xydata().tolist() for line in ax.lines}
    assert lines == {"a": [[1, 3.0], [2, 2.0]], "b": [[1, 1.0], [2, 0.5], [3, 0.4]]}
    assert ax.get_ylabel() == "objective"
    assert ax.get_ylim()[0] == 0
