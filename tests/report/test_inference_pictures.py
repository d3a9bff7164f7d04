from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure
from torch_geometric.data import Data

from graphcascade.data import Cascade
from graphcascade.errors import UsageError
from graphcascade.report import plot_alignment, plot_inferred_network, plot_reproduction, plot_roc
from graphcascade.report.style import RED

TRUE = Data(edge_index=torch.tensor([[0, 1, 2], [1, 2, 0]]), num_nodes=5)
MINE = Data(edge_index=torch.tensor([[0, 3], [1, 2]]), edge_weight=torch.tensor([3.0, 1.0]), num_nodes=5)


def test_missed_and_false_links_are_red() -> None:
    ax = Figure().subplots()
    plot_inferred_network(MINE, TRUE, ax, np.array(list("abcde"), dtype=object))
    legend = ax.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["found: 1", "missed: 2", "false: 1"]
    assert [line.get_color() == RED for line in legend.get_lines()] == [False, True, True]
    assert {text.get_text() for text in ax.texts} == {"a", "b", "c", "d"}
    assert "1 user without a link left out" in ax.get_title()
    with pytest.raises(UsageError, match="not the same number"):
        plot_inferred_network(MINE, Data(edge_index=TRUE.edge_index, num_nodes=6), ax)
    many = Data(edge_index=TRUE.edge_index, num_nodes=61)
    with pytest.raises(UsageError, match="has room for 60 users"):
        plot_inferred_network(many, many, ax)


def test_each_row_of_the_alignment_has_its_predicted_user() -> None:
    time = torch.tensor([0.0, 1.0, 2.0], dtype=torch.float64)
    cascade = Cascade(torch.tensor([2, 0, 1]), time, 0, torch.tensor([0, 0, 1]))
    edges = torch.tensor([[0, 0, 1, 0, 1, 2], [0, 1, 1, 2, 2, 2]])
    alignment = Data(edge_index=edges, edge_weight=torch.tensor([1.0, 3.0, 1.0, 0.2, 0.3, 0.5]), num_nodes=3)
    ax = Figure().subplots()
    plot_alignment(alignment, cascade, ax, np.array(["x", "y", "z"], dtype=object))
    (image,) = ax.images
    np.testing.assert_allclose(image.get_array().filled(np.nan), [[1, np.nan], [0.75, 0.25]])
    assert [text.get_text() for text in ax.get_xticklabels()] == ["z", "x"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["x", "y"]
    (rings,) = ax.lines
    assert rings.get_xydata().tolist() == [[0, 0], [1, 1]]
    with pytest.raises(UsageError, match="over 3 events, the cascade has 1"):
        plot_alignment(alignment, Cascade(torch.tensor([2]), torch.zeros(1, dtype=torch.float64)), ax)


def test_roc_passes_through_the_counted_points() -> None:
    ax = Figure().subplots()
    plot_roc({"mine": MINE}, TRUE, ax)
    line = ax.lines[0]
    # 20 pairs, 3 true: weight 3 is true, weight 1 false, all others are tied.
    np.testing.assert_allclose(line.get_xydata(), [[0, 0], [0, 1 / 3], [1 / 17, 1 / 3], [1, 1]])
    assert "AUC 0.65" in line.get_label()


def test_published_and_measured_figures_are_drawn_side_by_side() -> None:
    nan = float("nan")
    columns = ["row", "metric", "published", "measured", "deviation", "parameter", "value"]
    rows = [("a", "F1", 0.2, 0.3, 0.01, nan, nan), ("b", "F1", nan, 0.4, nan, nan, nan)]
    figure = plot_reproduction(pd.DataFrame(rows, columns=columns), "title")
    (ax,) = figure.axes
    published = next(line for line in ax.lines if line.get_label() == "published")
    assert published.get_xdata()[0] == 0.2
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    rows = [("h1", "F1", nan, 0.3, nan, "heads", "1"), ("h2", "F1", nan, 0.5, nan, "heads", "2")]
    (ax,) = plot_reproduction(pd.DataFrame(rows, columns=columns), "title").axes
    assert ax.get_xlabel() == "heads"
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1", "2"]
