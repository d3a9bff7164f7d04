from __future__ import annotations

import torch
from matplotlib.figure import Figure
from torch_geometric.data import Data

from graphcascade.report import (
    plot_network,
)


def test_of_a_large_network_the_users_with_most_links_are_drawn() -> None:
    star = torch.stack([torch.zeros(99, dtype=torch.long), torch.arange(1, 100)])
    ax = Figure().subplots()
    plot_network(Data(edge_index=star, num_nodes=101), ax, max_users=10, title="Star")
    first, second, third = ax.get_title().split("\n")
    assert (first, second) == ("Star", "99 links among 100 users, 1 without links")
    assert third == "only the 10 with the most links are drawn"
