from __future__ import annotations

import io

import pytest
import torch
from matplotlib.figure import Figure
from torch_geometric.data import Data

from graphcascade.analysis import influence_maximization
from graphcascade.report import plot_seeds

FORMULA = r"$\frac{$"


def test_bars_are_gains_and_the_line_is_their_sum() -> None:
    star = Data(edge_index=torch.tensor([[0, 0, 4], [1, 2, 5]]), edge_weight=torch.ones(3), num_nodes=6)
    found = influence_maximization(star, 2, algorithm="greedy", simulations=5)
    ax = Figure().subplots()
    plot_seeds(found, ax, ["a", "b", "c", "d", "a user with a long name", "f"])
    assert [bar.get_height() for bar in ax.patches] == [3, 2]
    assert ax.lines[0].get_ydata().tolist() == [3, 5]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "a user with a l…"]


def test_many_seeds_are_numbered() -> None:
    users = 60
    ring = torch.stack([torch.arange(users), (torch.arange(users) + 1) % users])
    graph = Data(edge_index=ring, edge_weight=torch.full((users,), 0.5), num_nodes=users)
    found = influence_maximization(graph, 45, algorithm="greedy", simulations=5)
    ax = Figure().subplots()
    plot_seeds(found, ax)
    assert ax.get_xlabel() == "number of seed users"
    assert ax.lines[0].get_ydata()[-1] == pytest.approx(found.spread)


def test_names_that_are_no_valid_formula_are_drawn_as_they_are() -> None:
    star = Data(edge_index=torch.tensor([[0], [1]]), edge_weight=torch.ones(1), num_nodes=2)
    figure = Figure()
    plot_seeds(
        influence_maximization(star, 2, algorithm="greedy", simulations=5), figure.subplots(), [FORMULA, "$"], FORMULA
    )
    figure.savefig(io.BytesIO())
