from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch_geometric.data import Data

from graphcascade.errors import DataError, UsageError
from graphcascade.models.embedding import DeepWalk, random_walks
from graphcascade.models.embedding.deepwalk import _gradients, _window_mask


def graph(edges: list[tuple[int, int]], num_nodes: int) -> Data:
    return Data(edge_index=torch.tensor(edges, dtype=torch.long).view(-1, 2).T.contiguous(), num_nodes=num_nodes)


def test_walks_go_along_edges_and_stop_at_dead_ends() -> None:
    edges = [(0, 1), (0, 2), (1, 2), (2, 0), (3, 4)]
    walks = random_walks(graph(edges, 6), torch.arange(6).repeat(50), 6, torch.Generator().manual_seed(0))
    for walk in walks.tolist():
        for node, following in pairwise(walk):
            if node in (4, 5, -1):  # no outgoing edges
                assert following == -1
            else:
                assert (node, following) in edges
    with pytest.raises(UsageError, match="length=0"):
        random_walks(graph(edges, 6), torch.arange(6), 0)


def test_walks_follow_edges_uniformly() -> None:
    star = graph([(0, k) for k in range(1, 5)], 5)
    walks = random_walks(star, torch.zeros(40_000, dtype=torch.long), 2, torch.Generator().manual_seed(0))
    share = torch.bincount(walks[:, 1], minlength=5) / 40_000
    # Five standard deviations of a frequency of 1/4.
    assert share[1:].tolist() == pytest.approx([0.25] * 4, abs=5 * (0.25 * 0.75 / 40_000) ** 0.5)


def test_gradients_match_the_loss_in_plain_loops() -> None:
    generator = torch.Generator().manual_seed(0)
    vector, context = torch.randn(2, 7, 3, generator=generator, dtype=torch.float64).requires_grad_()
    walks = torch.tensor([[1, 2, 1, 5, 2], [3, 4, -1, -1, -1], [6, -1, -1, -1, -1]])
    noise, window, negatives = torch.tensor([2, 4, 4, 6]), 2, 3
    loss = torch.zeros((), dtype=torch.float64)
    for path in walks.tolist():
        for here, center in enumerate(path):
            for there, other in enumerate(path):
                if here == there or abs(here - there) > window or -1 in (center, other):
                    continue
                loss = loss - (vector[center] @ context[other]).sigmoid().log()
                for negative in noise.tolist():
                    loss = loss - negatives / len(noise) * (-vector[center] @ context[negative]).sigmoid().log()
    expected = torch.autograd.grad(loss, (vector, context))
    users, gradients = _gradients(vector.detach(), context.detach(), walks, noise, _window_mask(5, window), negatives)
    for gradient, dense in zip(gradients, expected, strict=True):
        torch.testing.assert_close(torch.zeros_like(dense).index_add_(0, users, gradient), dense)


def test_each_linked_user_starts_the_same_number_of_walks() -> None:
    edge_index = torch.tensor([[0, 2, 2], [2, 3, 5]])
    walks = torch.cat(list(DeepWalk(walk_length=4, walks_per_user=3, epochs=2)._walks(edge_index, 7)))
    assert walks[:, 0].bincount(minlength=7).tolist() == [6, 0, 6, 6, 0, 6, 0]


def test_dead_ends_give_finite_vectors() -> None:
    chain = graph([(0, 1), (1, 2), (3, 1)], 6)
    vectors = DeepWalk(dim=4, undirected=False).fit(chain)
    assert vectors.isfinite().all()
    assert (vectors != 0).any(1).tolist() == [True] * 4 + [False] * 2
    assert DeepWalk(dim=4, walk_length=1).fit(chain).isfinite().all()  # no pair


def test_memory_does_not_grow_with_the_number_of_walks() -> None:
    class LargestTensor(TorchDispatchMode):
        numbers = 0

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
            result = func(*args, **(kwargs or {}))
            self.numbers = max([self.numbers] + [part.numel() for part in tree_leaves(result) if torch.is_tensor(part)])
            return result

    ring = graph([(k, (k + 1) % 300) for k in range(300)], 300)
    largest = []
    for walks in (1, 20):
        with LargestTensor() as mode:
            DeepWalk(walks_per_user=walks).fit(ring)
        largest.append(mode.numbers)
    assert largest[0] == largest[1] == 32 * 40 * 64  # scores of a batch against its negatives


def test_vectors_separate_two_communities() -> None:
    block = [(i, k) for i in range(8) for k in range(8) if i != k]
    edges = block + [(i + 8, k + 8) for i, k in block] + [(0, 8)]
    vectors = DeepWalk(dim=8, walk_length=10, walks_per_user=20, window=2, epochs=5, learning_rate=0.05).fit(
        graph(edges, 17)
    )
    assert vectors[16].tolist() == [0.0] * 8  # no link
    unit = torch.nn.functional.normalize(vectors[:16], dim=1)
    closeness = unit @ unit.T
    inside = torch.block_diag(torch.ones(8, 8), torch.ones(8, 8)).bool()
    assert float(closeness[inside].mean()) > float(closeness[~inside].mean()) + 0.5


def test_one_seed_gives_the_same_vectors() -> None:
    ring = graph([(k, (k + 1) % 6) for k in range(6)], 6)
    first, second, third = (DeepWalk(dim=4, walks_per_user=2, seed=seed).fit(ring) for seed in (1, 1, 2))
    assert first.equal(second)
    assert not first.equal(third)


def test_bad_input_raises_an_error() -> None:
    with pytest.raises(DataError, match="no edge to walk along"):
        DeepWalk().fit(graph([], 3))
    with pytest.raises(UsageError, match=r"DeepWalk\(window=0"):
        DeepWalk(window=0)
    for rate in (0, float("nan"), float("inf")):
        with pytest.raises(UsageError, match=f"learning_rate={rate}"):
            DeepWalk(learning_rate=rate)
