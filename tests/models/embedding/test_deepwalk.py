from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.errors import DataError, UsageError
from graphcascade.models.embedding import DeepWalk, random_walks
from graphcascade.models.embedding.deepwalk import _pairs


def graph(edges: list[tuple[int, int]], num_nodes: int) -> Data:
    return Data(edge_index=torch.tensor(edges, dtype=torch.long).view(-1, 2).T.contiguous(), num_nodes=num_nodes)


def test_walks_go_along_edges_and_stop_at_dead_ends() -> None:
    edges = [(0, 1), (0, 2), (1, 2), (2, 0), (3, 4)]
    walks = random_walks(graph(edges, 6), torch.arange(6).repeat(50), 6, torch.Generator().manual_seed(0))
    for walk in walks.tolist():
        for one, other in pairwise(walk):
            if one in (4, 5, -1):  # no edge leads on
                assert other == -1
            else:
                assert (one, other) in edges
    with pytest.raises(UsageError, match="length=0"):
        random_walks(graph(edges, 6), torch.arange(6), 0)


def test_walks_take_each_edge_as_often() -> None:
    star = graph([(0, k) for k in range(1, 5)], 5)
    walks = random_walks(star, torch.zeros(40_000, dtype=torch.long), 2, torch.Generator().manual_seed(0))
    share = torch.bincount(walks[:, 1], minlength=5) / 40_000
    # Five standard deviations of a frequency of 1/4.
    assert share[1:].tolist() == pytest.approx([0.25] * 4, abs=5 * (0.25 * 0.75 / 40_000) ** 0.5)


def test_pairs_within_the_window() -> None:
    centers, others = _pairs(torch.tensor([[0, 1, 2, 3], [4, 5, -1, -1]]), 2)
    found = sorted(zip(centers.tolist(), others.tolist(), strict=True))
    one_way = [(0, 1), (1, 2), (2, 3), (0, 2), (1, 3), (4, 5)]
    assert found == sorted(one_way + [(other, one) for one, other in one_way])
    assert _pairs(torch.tensor([[3]]), 2)[0].numel() == 0


def test_vectors_tell_two_communities_apart() -> None:
    block = [(i, k) for i in range(8) for k in range(8) if i != k]
    edges = block + [(i + 8, k + 8) for i, k in block] + [(0, 8)]
    vectors = DeepWalk(
        dim=8, walk_length=10, walks_per_user=20, window=2, epochs=5, batch_size=128, learning_rate=0.05
    ).fit(graph(edges, 17))
    assert vectors[16].tolist() == [0.0] * 8  # no link
    unit = torch.nn.functional.normalize(vectors[:16], dim=1)
    closeness = unit @ unit.T
    inside = torch.block_diag(torch.ones(8, 8), torch.ones(8, 8)).bool()
    assert float(closeness[inside].mean()) > float(closeness[~inside].mean()) + 0.5


def test_one_seed_gives_the_same_vectors() -> None:
    ring = graph([(k, (k + 1) % 6) for k in range(6)], 6)
    one, other, third = (DeepWalk(dim=4, walks_per_user=2, seed=seed).fit(ring) for seed in (1, 1, 2))
    assert one.equal(other)
    assert not one.equal(third)


def test_bad_input() -> None:
    with pytest.raises(DataError, match="no edge to walk along"):
        DeepWalk().fit(graph([], 3))
    with pytest.raises(UsageError, match="DeepWalk: window=0"):
        DeepWalk(window=0)
    with pytest.raises(UsageError, match="learning_rate=0"):
        DeepWalk(learning_rate=0)
