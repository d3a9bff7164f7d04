from __future__ import annotations

import math
import sys
from collections.abc import Iterator

import torch
from rich.console import Console
from rich.progress import track
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.utils import to_undirected

from graphcascade.data.seed import check_seed
from graphcascade.errors import DataError, UsageError
from graphcascade.models.embedding.random_walks import neighbours, walk

__all__ = ["DeepWalk"]

WALKS = 2**12  # walks drawn at a time
NOISE = 64  # users drawn as negatives of a batch


class DeepWalk:
    r"""Vectors of users from random walks: users who are near each other on a graph get similar ones.

    `DeepWalk: Online Learning of Social Representations <https://arxiv.org/abs/1403.6652>`_: walks are sentences, users
    are words, and skip-gram learns the vectors :math:`v` with, beside them, context vectors :math:`c`. Users :math:`i`
    and :math:`j` that are at most ``window`` steps apart in a walk add, for ``negatives`` :math:`k`,

    .. math::
        \ell_{ij} = -\log \sigma(v_i^\top c_j) - k \, \mathbb{E}_{n \sim P} \log \sigma(-v_i^\top c_n)

    to the loss, where :math:`P(n)` goes with the degree of :math:`n` to the power of 3/4.

    More training is not always better: vectors that fit the walks closely tell links that were left out apart less
    well. On the graphs of ``benchmarks/deepwalk.py`` links that were left out for validation chose ``negatives``,
    ``learning_rate`` and ``batch_size``.

    Args:
        dim: Size of the vectors.
        walk_length: Users of a walk; time and memory of a batch go with its square.
        walks_per_user: Walks that start at each user, in each epoch.
        window: Users of a walk on each side that a user predicts.
        negatives: Negatives of each pair.
        epochs: Times that all walks are drawn anew.
        learning_rate: Learning rate of Adagrad; it falls to 0 in a line.
        batch_size: Walks in a batch.
        undirected: Walk along edges in both directions, as the paper does.
        seed: Seed of walks, weights and negatives.
        progress: Show a progress bar, on terminals.

    Raises:
        UsageError: A number that is not above 0.

    Deviations from the paper: negative sampling in place of a hierarchical softmax, as in word2vec; the mean over 64
    users, drawn for each batch, stands for a pair's negatives. Steps are of batches of walks, not of pairs, by Adagrad
    with one sum of squares for each vector.
    """

    def __init__(
        self,
        dim: int = 32,
        walk_length: int = 40,
        walks_per_user: int = 10,
        window: int = 5,
        negatives: int = 2,
        epochs: int = 1,
        learning_rate: float = 0.02,
        batch_size: int = 32,
        undirected: bool = True,
        seed: int = 0,
        progress: bool = False,
    ) -> None:
        numbers = {
            "dim": dim,
            "walk_length": walk_length,
            "walks_per_user": walks_per_user,
            "window": window,
            "negatives": negatives,
            "epochs": epochs,
            "batch_size": batch_size,
        }
        for name, value in numbers.items():
            if value < 1:
                raise UsageError(f"DeepWalk: {name}={value}, must be at least 1.")
        if not 0 < learning_rate < math.inf:
            raise UsageError(f"DeepWalk: learning_rate={learning_rate}, must be above 0 and finite.")
        check_seed(seed)
        self.dim = dim
        self.walk_length = walk_length
        self.walks_per_user = walks_per_user
        self.window = window
        self.negatives = negatives
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.undirected = undirected
        self.seed = seed
        self.progress = progress

    def fit(self, graph: Data) -> Tensor:
        """Vectors of all users, ``[num_nodes, dim]`` float32; users without a link get zeros.

        Args:
            graph: ``edge_index`` and ``num_nodes``, such as a follow graph.

        Raises:
            DataError: A graph without edges.
        """
        if graph.edge_index is None or graph.num_edges == 0:
            raise DataError("DeepWalk: the graph has no edge to walk along.")
        num_users = int(graph.num_nodes or 0)
        edge_index = to_undirected(graph.edge_index, num_nodes=num_users) if self.undirected else graph.edge_index
        degree = torch.bincount(edge_index.flatten(), minlength=num_users)
        generator = torch.Generator().manual_seed(self.seed)
        vector = (torch.rand(num_users, self.dim, generator=generator) - 0.5) / self.dim
        context = torch.zeros(num_users, self.dim)
        squares = torch.full((2, num_users, 1), 1e-8)
        often = degree.double().pow(0.75).cumsum(0)  # an undirected walk visits by degree
        near = _near(self.walk_length, self.window)
        total, done = int((degree > 0).sum()) * self.walks_per_user * self.epochs, 0
        for walks in self._walks(edge_index, num_users):
            for some in walks.split(self.batch_size):
                drawn = torch.rand(NOISE, generator=generator, dtype=torch.float64) * often[-1]
                noise = torch.searchsorted(often, drawn, right=True)
                users, slopes = _slopes(vector, context, some, noise, near, self.negatives)
                rate = self.learning_rate * (1 - done / total)
                for table, square, slope in zip((vector, context), squares, slopes, strict=True):
                    seen = square[users] + slope.square().mean(1, keepdim=True)
                    square[users] = seen
                    table[users] -= rate * slope * seen.rsqrt()
                done += some.size(0)
        return vector * (degree > 0).unsqueeze(1)

    def _walks(self, edge_index: Tensor, num_users: int) -> Iterator[Tensor]:
        """All walks, some at a time: each pass starts one at every linked user, in an order drawn anew."""
        paths = neighbours(Data(edge_index=edge_index, num_nodes=num_users))
        linked = edge_index.unique()
        generator = torch.Generator().manual_seed(self.seed + 1)  # their own: the same walks for every dim
        shown = self.progress and sys.stderr.isatty()
        passes = range(self.walks_per_user * self.epochs)
        for _ in track(passes, "walking", console=Console(stderr=True), disable=not shown):
            for start in linked[torch.randperm(linked.numel(), generator=generator)].split(WALKS):
                yield walk(paths, start, self.walk_length, generator)


def _near(length: int, window: int) -> Tensor:
    """Whether two places of a walk make a pair, ``[length, length]``."""
    place = torch.arange(length)
    return ((place.unsqueeze(1) - place).abs() <= window).fill_diagonal_(False)


def _slopes(
    vector: Tensor, context: Tensor, walks: Tensor, noise: Tensor, near: Tensor, negatives: int
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Users of walks and noise, and the slopes of the loss, summed over pairs, by their vectors and contexts."""
    there = walks >= 0
    pair = near & there.unsqueeze(1) & there.unsqueeze(2)
    users, place = torch.cat([walks.clamp(min=0).flatten(), noise]).unique(return_inverse=True)
    walked, drawn = place.split([walks.numel(), noise.numel()])
    vector, context = vector[users], context[users]
    center, other, false = vector[walked], context[walked], context[drawn]
    centers, others = (part.view(*walks.shape, -1) for part in (center, other))
    pull = (centers @ others.mT).sigmoid_().sub_(1).mul_(pair)
    push = (center @ false.T).sigmoid_().mul_(pair.sum(2).view(-1, 1) * (negatives / noise.numel()))
    by_center = torch.addmm((pull @ others).flatten(0, 1), push, false)
    by_vector = torch.zeros_like(vector).index_add_(0, walked, by_center)
    by_context = torch.zeros_like(context).index_add_(0, walked, (pull.mT @ centers).flatten(0, 1))
    return users, (by_vector, by_context.index_add_(0, drawn, push.T @ center))
