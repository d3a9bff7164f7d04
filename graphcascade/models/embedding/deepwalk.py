from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.utils import to_undirected

from graphcascade.data.seed import check_seed
from graphcascade.errors import DataError, UsageError
from graphcascade.models.embedding.random_walks import adjacency_lists, walk
from graphcascade.progress import track

__all__ = ["DeepWalk"]

WALKS_PER_CHUNK = 2**12  # walks that are drawn at a time
NUM_NEGATIVE_USERS = 64  # users that are drawn as negatives of a batch


class DeepWalk:
    r"""User vectors from random walks, in which users who are close to each other in a graph have similar vectors.

    `DeepWalk: Online Learning of Social Representations <https://arxiv.org/abs/1403.6652>`_: walks are treated as
    sentences and users as words, and skip-gram learns vectors :math:`v` and context vectors :math:`c`. Users :math:`i`
    and :math:`j` that are at most ``window`` steps apart in a walk add, with :math:`k` ``negatives``,

    .. math::
        \ell_{ij} = -\log \sigma(v_i^\top c_j) - k \, \mathbb{E}_{n \sim P} \log \sigma(-v_i^\top c_n)

    to the loss, where :math:`P(n)` is proportional to the degree of :math:`n` to the power of 3/4.

    More training is not always better: vectors that fit the walks closely predict held-out links less well. The
    defaults of ``negatives``, ``learning_rate`` and ``batch_size`` were chosen on held-out links of the graphs in
    ``benchmarks/deepwalk.py``.

    Args:
        dim: Size of the vectors.
        walk_length: Number of users in a walk; time and memory of a batch are quadratic in it.
        walks_per_user: Number of walks that start at each user in each epoch.
        window: Number of users on each side in a walk that a user predicts.
        negatives: Weight of the negatives of each pair, in number of negatives.
        epochs: Number of epochs; walks are drawn anew in each one.
        learning_rate: Initial learning rate of Adagrad; it decays linearly to 0.
        batch_size: Number of walks in a batch.
        undirected: Whether to walk along edges in both directions, as in the paper.
        seed: Seed of walks, weights and negatives.
        progress: Whether to show a progress bar on terminals and in notebooks.

    Raises:
        UsageError: A number is not above 0.

    Deviations from the paper: negative sampling replaces the hierarchical softmax, as in word2vec; the mean over 64
    users, drawn for each batch, replaces the negatives of each pair; gradient steps are made for batches of walks, not
    for pairs, by Adagrad with one sum of squares per vector.
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
                raise UsageError(owner="DeepWalk", argument=name, value=value, reason="must be at least 1")
        if not 0 < learning_rate < math.inf:
            raise UsageError(
                owner="DeepWalk", argument="learning_rate", value=learning_rate, reason="must be above 0 and finite"
            )
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
        """Learns the vectors of all users.

        Args:
            graph: ``edge_index`` and ``num_nodes``, such as a follow graph.

        Returns:
            Vectors, ``[num_nodes, dim]`` float32; zeros for users without a link.

        Raises:
            DataError: The graph has no edges.
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
        cumulative_weight = degree.double().pow(0.75).cumsum(0)  # undirected walks visit users by degree
        window_mask = _window_mask(self.walk_length, self.window)
        num_walks, num_done = int((degree > 0).sum()) * self.walks_per_user * self.epochs, 0
        for walks in self._walks(edge_index, num_users):
            for batch in walks.split(self.batch_size):
                uniform = torch.rand(NUM_NEGATIVE_USERS, generator=generator, dtype=torch.float64)
                negative_users = torch.searchsorted(cumulative_weight, uniform * cumulative_weight[-1], right=True)
                users, gradients = _gradients(vector, context, batch, negative_users, window_mask, self.negatives)
                rate = self.learning_rate * (1 - num_done / num_walks)
                for table, square, gradient in zip((vector, context), squares, gradients, strict=True):
                    sum_of_squares = square[users] + gradient.square().mean(1, keepdim=True)
                    square[users] = sum_of_squares
                    table[users] -= rate * gradient * sum_of_squares.rsqrt()
                num_done += batch.size(0)
        return vector * (degree > 0).unsqueeze(1)

    def _walks(self, edge_index: Tensor, num_users: int) -> Iterator[Tensor]:
        """Yields all walks in chunks; in each round, one starts at each linked user, in random order."""
        adjacency = adjacency_lists(Data(edge_index=edge_index, num_nodes=num_users))
        linked = edge_index.unique()
        generator = torch.Generator().manual_seed(self.seed + 1)  # so that walks do not depend on dim
        rounds = range(self.walks_per_user * self.epochs)
        for _ in track(rounds, "walking", self.progress):
            for start in linked[torch.randperm(linked.numel(), generator=generator)].split(WALKS_PER_CHUNK):
                yield walk(adjacency, start, self.walk_length, generator)


def _window_mask(length: int, window: int) -> Tensor:
    """Returns whether two positions of a walk are a pair, ``[length, length]``."""
    position = torch.arange(length)
    return ((position.unsqueeze(1) - position).abs() <= window).fill_diagonal_(False)


def _gradients(
    vector: Tensor, context: Tensor, walks: Tensor, negative_users: Tensor, window_mask: Tensor, negatives: int
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Returns users of walks and negatives, and the gradients of the loss with respect to their two vectors."""
    exists = walks >= 0
    pair = window_mask & exists.unsqueeze(1) & exists.unsqueeze(2)
    users, position = torch.cat([walks.clamp(min=0).flatten(), negative_users]).unique(return_inverse=True)
    walked, sampled = position.split([walks.numel(), negative_users.numel()])
    vector, context = vector[users], context[users]
    center, other, negative_context = vector[walked], context[walked], context[sampled]
    centers, others = (part.view(*walks.shape, -1) for part in (center, other))
    positive_error = (centers @ others.mT).sigmoid_().sub_(1).mul_(pair)
    negative_weight = pair.sum(2).view(-1, 1) * (negatives / negative_users.numel())
    negative_error = (center @ negative_context.T).sigmoid_().mul_(negative_weight)
    grad_center = torch.addmm((positive_error @ others).flatten(0, 1), negative_error, negative_context)
    grad_vector = torch.zeros_like(vector).index_add_(0, walked, grad_center)
    grad_context = torch.zeros_like(context).index_add_(0, walked, (positive_error.mT @ centers).flatten(0, 1))
    return users, (grad_vector, grad_context.index_add_(0, sampled, negative_error.T @ center))
