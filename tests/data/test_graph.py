from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from graphcascade.data import user_graph
from graphcascade.errors import DataError

USERS = np.array(["ann", "bob", "cy"], dtype=object)


def ids(*names: str) -> npt.NDArray[np.object_]:
    return np.array(names, dtype=object)


def test_edges_are_sorted_and_duplicates_and_loops_removed() -> None:
    graph, dropped = user_graph(ids("cy", "ann", "bob", "cy", "ann"), ids("ann", "cy", "bob", "ann", "bob"), USERS)
    assert graph.edge_index.tolist() == [[0, 0, 2], [1, 2, 0]]
    assert graph.edge_index.dtype == torch.long
    assert graph.num_nodes == 3
    assert "edge_weight" not in graph
    assert dropped == 0


def test_the_first_weight_of_duplicates_is_kept() -> None:
    graph, _ = user_graph(ids("cy", "ann", "cy"), ids("ann", "bob", "ann"), USERS, weight=np.array([0.5, 2.0, 9.0]))
    assert graph.edge_index.tolist() == [[0, 2], [1, 0]]
    assert graph.edge_weight.tolist() == [2.0, 0.5]
    assert graph.edge_weight.dtype == torch.float64


def test_unknown_users_can_be_left_out_and_are_counted() -> None:
    graph, dropped = user_graph(
        ids("dee", "ann", "bob"), ids("ann", "bob", "eve"), USERS, np.array([1.0, 2.0, 3.0]), unknown="drop"
    )
    assert graph.edge_index.tolist() == [[0], [1]]
    assert graph.edge_weight.tolist() == [2.0]
    assert dropped == 2


@pytest.mark.parametrize(("source", "target"), [("dee", "ann"), ("ann", "dee")])
def test_an_unknown_user_is_an_error(source: str, target: str) -> None:
    message = (
        rf"follows.csv: edge 2 \('{source}', '{target}'\) names 'dee', who is not one of the 3 known users "
        r"\(such users are in 1 of 2 edges\); to leave such edges out, set unknown='drop'\."
    )
    with pytest.raises(DataError, match=message):
        user_graph(ids("ann", source), ids("bob", target), USERS, where="follows.csv")


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), -0.5])
def test_an_invalid_weight_is_an_error(weight: float) -> None:
    with pytest.raises(DataError, match=f"the edge list: edge 2 has the weight {weight}; weights must be finite"):
        user_graph(ids("ann", "bob"), ids("bob", "cy"), USERS, weight=np.array([1.0, weight]))


@pytest.mark.parametrize("kwargs", [{}, {"weight": np.empty(0)}])
def test_a_graph_may_have_no_edge(kwargs: dict[str, Any]) -> None:
    graph, dropped = user_graph(ids(), ids(), USERS, **kwargs)
    assert graph.edge_index.shape == (2, 0)
    assert graph.num_nodes == 3
    assert dropped == 0
