from __future__ import annotations

import numpy as np
import torch
from matplotlib.figure import Figure
from torch_geometric.data import Data

from graphcascade.report import (
    plot_network,
)


def test_only_the_users_with_the_most_links_of_a_large_network_are_drawn() -> None:
    leaves = torch.tensor([user for user in range(100) if user != 50])
    star = torch.stack([torch.full((99,), 50), leaves])
    ax = Figure().subplots()
    ids = np.array([f"u{user}" for user in range(101)], dtype=object)
    plot_network(Data(edge_index=star, num_nodes=101), ax, ids, max_users=10, title="Star")
    assert {text.get_text() for text in ax.texts} == {"u50", *ids[:9]}
    first, second, third = ax.get_title().split("\n")
    assert (first, second) == ("Star", "99 links among 100 users, 1 without links")
    assert third == "only the 10 with the most links are drawn"
