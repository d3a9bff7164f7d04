from __future__ import annotations

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from torch_geometric.data import Data

from graphcascade.data import Cascade
from graphcascade.errors import UsageError
from graphcascade.report import plot_alignment


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
    with pytest.raises(UsageError, match="alignment: is over 3 events, and the cascade has 1"):
        plot_alignment(alignment, Cascade(torch.tensor([2]), torch.zeros(1, dtype=torch.float64)), ax)
