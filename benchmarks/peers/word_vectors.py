"""Vectors of users from random walks (DeepWalk): gensim's Word2Vec."""

from __future__ import annotations

import time

import numpy as np
import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.models.embedding import DeepWalk

from .comparison import Comparison, Speed, speed_of_passes

NUM_USERS, NUM_LINKS = 2_000, 20_000


def gensim_vectors(model: DeepWalk, graph: Data, negatives: int) -> tuple[Tensor, float]:
    """Learns vectors from the walks of DeepWalk with gensim, and returns them with the seconds, walks left out."""
    from gensim.models import Word2Vec

    walks = [
        [str(user) for user in walk if user >= 0]
        for part in model._walks(graph.edge_index, graph.num_nodes)
        for walk in part.tolist()
    ]
    begin = time.perf_counter()
    words = Word2Vec(
        walks, vector_size=model.dim, window=model.window, sg=1, negative=negatives, min_count=1, workers=1, epochs=1,
        seed=model.seed + 1
    ).wv  # fmt: skip
    seconds = time.perf_counter() - begin
    vectors = torch.zeros(graph.num_nodes, model.dim)
    vectors[[int(word) for word in words.index_to_key]] = torch.tensor(words.vectors)
    return vectors, seconds


def random_graph() -> Data:
    """Undirected links between random users, some of whom have many."""
    random = np.random.default_rng(0)
    share = 1 / np.arange(1, NUM_USERS + 1) ** 0.4
    ends = random.choice(NUM_USERS, (2, NUM_LINKS // 2), p=share / share.sum())
    ends = ends[:, ends[0] != ends[1]]
    edge_index = torch.unique(torch.from_numpy(np.concatenate([ends, ends[::-1]], 1)), dim=1)
    return Data(edge_index=edge_index, num_nodes=NUM_USERS)


def comparisons() -> list[Comparison]:
    model = DeepWalk()
    graph = random_graph()
    assert graph.edge_index is not None
    steps = graph.edge_index.unique().numel() * model.walks_per_user * model.walk_length

    def speed(learn) -> Speed:
        return speed_of_passes(steps, learn)

    return [
        Comparison(
            f"DeepWalk: {NUM_USERS:,} users, {graph.num_edges:,} links, d = {model.dim}",
            "steps of walks",
            "gensim",
            lambda: speed(lambda: model.fit(graph)),
            lambda: speed(lambda: gensim_vectors(model, graph, model.negatives)),
            "Both draw the same walks with this library, which is part of the time. gensim's loop is in C.",
        )
    ]
