from __future__ import annotations

import io

import torch
from matplotlib.figure import Figure
from torch_geometric.data import Data

from graphcascade.analysis import rank_users
from graphcascade.report import plot_reach

FORMULA = r"$\frac{$"


def test_the_users_of_largest_reach_are_bars_from_the_top() -> None:
    chain = Data(edge_index=torch.tensor([[0, 1], [1, 2]]), edge_weight=torch.ones(2), num_nodes=4)
    users = rank_users(chain, user_ids=["a", "b", "c", "d"])
    ax = Figure().subplots()
    plot_reach(users, ax, count=3)
    assert [bar.get_width() for bar in ax.patches] == users["reach"].tolist()[:3]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "c"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first user is at the top


def test_names_that_are_no_valid_formula_are_drawn_as_they_are() -> None:
    chain = Data(edge_index=torch.tensor([[0], [1]]), edge_weight=torch.ones(1), num_nodes=2)
    figure = Figure()
    plot_reach(rank_users(chain, user_ids=[FORMULA, "$"]), figure.subplots(), title=FORMULA)
    figure.savefig(io.BytesIO())
