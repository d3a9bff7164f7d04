"""The ranks of users against exact spreads, networkx and counts by hand."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
import torch
from torch_geometric.data import Data

from graphcascade.analysis import rank_users
from graphcascade.errors import UsageError
from graphcascade.io import from_pandas
from tests.analysis.exact_spread import exact_spread

EDGES = [(0, 1), (1, 2), (2, 0), (0, 3), (3, 4)]


def graph_of_six() -> Data:
    weight = torch.tensor([0.5, 0.9, 0.3, 0.7, 1.0], dtype=torch.float64)
    return Data(edge_index=torch.tensor(EDGES).t(), edge_weight=weight, num_nodes=6)


@pytest.mark.parametrize("model", ["independent_cascade", "linear_threshold"])
def test_reach_is_the_expected_size_of_cascades(model: str) -> None:
    graph = graph_of_six()
    frame = rank_users(graph, model=model, relative_error=0.01)  # type: ignore[arg-type]
    assert frame["reach"].is_monotonic_decreasing
    for row in frame.itertuples():
        assert abs(row.reach - exact_spread(graph, [row.user], model)) < 4.5 * row.standard_error + 1e-9
    alone = frame[frame["user"] == 5].iloc[0]
    assert (alone["reach"], alone["standard_error"], alone["out_strength"]) == (1, 0, 0)


def test_strength_and_rank() -> None:
    graph = graph_of_six()
    frame = rank_users(graph).set_index("user")
    assert frame.loc[0, "out_strength"] == pytest.approx(1.2)
    reverse = nx.DiGraph()
    reverse.add_nodes_from(range(6))
    weighted = zip(EDGES, graph.edge_weight.tolist(), strict=True)
    reverse.add_weighted_edges_from((v, u, weight) for (u, v), weight in weighted)
    # networkx's function in plain Python; the public one needs scipy.
    expected = nx.algorithms.link_analysis.pagerank_alg._pagerank_python(reverse, tol=1e-14, max_iter=1000)
    for user, rank in expected.items():
        assert frame.loc[user, "pagerank"] == pytest.approx(rank, rel=1e-8)


def test_counts_of_cascades() -> None:
    import pandas as pd

    rows = [("b", "x", 0), ("a", "x", 1), ("b", "y", 0), ("d", "y", 5), ("z", "y", 7)]
    dataset = from_pandas(pd.DataFrame(rows, columns=["user", "item", "time"]))
    frame = rank_users(graph_of_six(), dataset, user_ids=list("abcdef")).set_index("user")
    assert frame["cascades"].to_dict() == {"a": 1, "b": 2, "c": 0, "d": 1, "e": 0, "f": 0}
    assert frame["started"].to_dict() == {"a": 0, "b": 2, "c": 0, "d": 0, "e": 0, "f": 0}
    with pytest.raises(UsageError, match="has 4 users, and the graph has 6"):
        rank_users(graph_of_six(), dataset)
    four = Data(edge_index=torch.tensor([[0], [1]]), edge_weight=torch.ones(1), num_nodes=4)
    assert sorted(rank_users(four, dataset)["user"]) == sorted(dataset.user_ids)


def test_equal_seeds_give_equal_ranks() -> None:
    first, again, other = (rank_users(graph_of_six(), seed=seed) for seed in (0, 0, 1))
    assert first.equals(again)
    assert not np.array_equal(first["reach"], other["reach"])


def test_wrong_arguments() -> None:
    for arguments, message in (
        ({"relative_error": 0.0}, "relative_error=0.0: must be above 0"),
        ({"damping": 1.0}, "damping=1.0: must be at least 0"),
        ({"user_ids": ["a"]}, "has 1 ids, and the graph has 6 users"),
        ({"seed": -1}, "must be 0 or more"),
    ):
        with pytest.raises(UsageError, match=message):
            rank_users(graph_of_six(), **arguments)  # type: ignore[arg-type]
