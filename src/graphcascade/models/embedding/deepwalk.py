from __future__ import annotations

import sys

import torch
from rich.console import Console
from rich.progress import track
from torch import Tensor, nn
from torch_geometric.data import Data
from torch_geometric.utils import to_undirected

from graphcascade.data.seed import check_seed
from graphcascade.errors import DataError, UsageError
from graphcascade.models.embedding.random_walks import random_walks

__all__ = ["DeepWalk"]

WALKS = 2**12  # walks at a time


class DeepWalk:
    """Vectors of users from random walks: users who are near each other on a graph get similar ones.

    `DeepWalk: Online Learning of Social Representations <https://arxiv.org/abs/1403.6652>`_: walks are sentences, users
    are words, and skip-gram learns the vectors; here with negative sampling, whose negatives are shared by the pairs of
    a batch, so that the work is in matrix products.

    Args:
        dim: Size of the vectors.
        walk_length: Users of a walk.
        walks_per_user: Walks that start at each user, in each epoch.
        window: Users of a walk on each side that a user predicts.
        negatives: Negatives that the pairs of a batch share.
        epochs: Times that all walks are drawn anew.
        learning_rate: Learning rate of Adam.
        batch_size: Pairs in a batch.
        undirected: Walk along edges in both directions, as the paper does.
        seed: Seed of walks, weights and negatives.
        progress: Show a progress bar, on terminals.

    Raises:
        UsageError: A number that is not above 0.
    """

    def __init__(
        self,
        dim: int = 32,
        walk_length: int = 40,
        walks_per_user: int = 10,
        window: int = 5,
        negatives: int = 64,
        epochs: int = 1,
        learning_rate: float = 0.01,
        batch_size: int = 8192,
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
        if not learning_rate > 0:
            raise UsageError(f"DeepWalk: learning_rate={learning_rate}, must be above 0.")
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
        paths = Data(edge_index=edge_index, num_nodes=num_users)
        generator = torch.Generator().manual_seed(self.seed)
        linked = torch.zeros(num_users, dtype=torch.bool).index_fill_(0, edge_index.flatten(), True)
        bound = 0.5 / self.dim
        vector = nn.Parameter((torch.rand(num_users, self.dim, generator=generator) * 2 - 1) * bound)
        context = nn.Parameter(torch.zeros(num_users, self.dim))
        optimizer = torch.optim.Adam([vector, context], lr=self.learning_rate, fused=True)
        # Negatives as often as walks visit them, to the power of 3/4: an undirected walk visits by degree.
        often = torch.bincount(edge_index.flatten(), minlength=num_users).double().pow(0.75)
        starts = linked.nonzero().view(-1).repeat(self.walks_per_user * self.epochs)
        starts = starts[torch.randperm(starts.numel(), generator=generator)]
        steps = range(0, starts.numel(), WALKS)
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(0.01, 1 - step / len(steps)))
        shown = self.progress and sys.stderr.isatty()
        for first in track(steps, "walking", console=Console(stderr=True), disable=not shown):
            walks = random_walks(paths, starts[first : first + WALKS], self.walk_length, generator)
            centers, others = _pairs(walks, self.window)
            order = torch.randperm(centers.numel(), generator=generator)
            for some in order.split(self.batch_size):
                negatives = torch.multinomial(often, self.negatives, replacement=True, generator=generator)
                optimizer.zero_grad()
                self._loss(vector, context, centers[some], others[some], negatives).backward()
                optimizer.step()
            scheduler.step()
        return vector.detach() * linked.unsqueeze(1)

    @staticmethod
    def _loss(vector: Tensor, context: Tensor, center: Tensor, other: Tensor, negative: Tensor) -> Tensor:
        """Negative sampling: five negatives a pair in weight, whatever their number."""
        center = nn.functional.embedding(center, vector)
        score = (center * nn.functional.embedding(other, context)).sum(1)
        noise = center @ nn.functional.embedding(negative, context).T
        return nn.functional.softplus(-score).mean() + 5 * nn.functional.softplus(noise).mean()


def _pairs(walks: Tensor, window: int) -> tuple[Tensor, Tensor]:
    """All ordered pairs of users that are at most ``window`` steps apart in a walk."""
    centers, others = [], []
    for lag in range(1, min(window, walks.size(1) - 1) + 1):
        one, other = walks[:, :-lag].flatten(), walks[:, lag:].flatten()
        whole = other >= 0
        centers += [one[whole], other[whole]]
        others += [other[whole], one[whole]]
    if not centers:
        return walks.new_empty(0), walks.new_empty(0)
    return torch.cat(centers), torch.cat(others)
