from __future__ import annotations

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from torch_geometric.data import Data

from graphcascade.errors import UsageError
from graphcascade.report import plot_inferred_network
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
