import pandas as pd
from matplotlib.figure import Figure

from graphcascade.report import plot_size_curves


def test_each_row_is_a_line_over_the_sizes() -> None:
    figures = pd.DataFrame(
        {
            "row": ["a", "a", "b"],
            "size": [50, 2000, 50],
            "measured": [0.2, 0.9, 0.4],
            "std": [0.1, 0.0, float("nan")],
        }
    )
    ax = Figure().subplots()
    plot_size_curves(figures, ax, "cascades", "recall")
    lines = [container.lines[0] for container in ax.containers]
    assert [line.get_xydata().tolist() for line in lines] == [[[50, 0.2], [2000, 0.9]], [[50, 0.4]]]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["50", "2,000"]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_xscale()) == ("cascades", "recall", "log")
