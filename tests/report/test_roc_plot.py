from __future__ import annotations

import numpy as np
import torch
from matplotlib.figure import Figure
from torch_geometric.data import Data

from graphcascade.report import plot_roc

TRUE = Data(edge_index=torch.tensor([[0, 1, 2], [1, 2, 0]]), num_nodes=5)


MINE = Data(edge_index=torch.tensor([[0, 3], [1, 2]]), edge_weight=torch.tensor([3.0, 1.0]), num_nodes=5)


def test_roc_passes_through_the_counted_points() -> None:
    ax = Figure().subplots()
    plot_roc({"mine": MINE}, TRUE, ax)
    line = ax.lines[0]
    # 20 pairs, 3 true: weight 3 is true, weight 1 false, all others are tied.
    np.testing.assert_allclose(line.get_xydata(), [[0, 0], [0, 1 / 3], [1 / 17, 1 / 3], [1, 1]])
    assert "AUC 0.65" in line.get_label()


def test_roc_is_that_of_the_order_by_evidence_if_there_is_any() -> None:
    ax = Figure().subplots()
    graph = MINE.clone()
    graph.gain = torch.tensor([-4.0, 2.0])
    plot_roc({"mine": graph}, TRUE, ax)
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [[0, 0], [1 / 17, 0], [1 / 17, 1 / 3], [1, 1]])
    assert f"AUC {(16 + 2 * 16 / 2) / 51:.2f}" in ax.lines[0].get_label()
