from __future__ import annotations

import math

import pandas as pd
import pytest

from graphcascade.report import draw_comparison

TABLE = pd.DataFrame(
    [
        {"model": "LSTM", "kind": "learned", "validation": 0.3, "test": 0.25, "lower": 0.2, "upper": 0.3},
        {"model": "Markov", "kind": "baseline", "validation": 0.2, "test": 0.22, "lower": math.nan, "upper": math.nan},
        {"model": "CTBernoulli", "kind": "baseline", "left out": "there is no follow graph"},
    ]
)


@pytest.mark.parametrize(("lower", "word"), [(False, "higher"), (True, "lower")])
def test_models_have_their_figures_and_intervals(lower: bool, word: str) -> None:
    figure = draw_comparison(TABLE, "MRR", "Who comes next? my", lower)
    (ax,) = figure.axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["LSTM *", "Markov"]
    assert ax.get_xlabel().startswith(f"MRR ({word} is better)")
    learned, baseline = ax.containers
    assert learned.lines[0].get_xdata() == [0.25]
    assert baseline.lines[0].get_xdata() == [0.22]
    (segment,) = learned.lines[2][0].get_segments()
    assert segment[:, 0].tolist() == pytest.approx([0.2, 0.3])
    assert segment[:, 1].tolist() == [0, 0]
