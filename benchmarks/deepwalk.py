"""Compares DeepWalk with a spectral embedding in link prediction (AUC on a tenth of the links), and measures its speed.

Run: GRAPHCASCADE_DATA=... taskset -c 1 python benchmarks/deepwalk.py [--seeds 3] [--gensim] [--validation]

A link is scored by the cosine of the two vectors, because their lengths depend on the number of links of a user. For
"AUC", every held-out link is compared with a random pair of users who have links, but not with each other. For "Same
degree", the user with more links is paired with another user who has as many links as the second one, so that degrees
give no information. The row "degree" is the product of the two users' degrees. Nothing is tuned on the held-out links:
--validation holds out another tenth instead, and does not use the first one at all. With --gensim (which must be
installed), gensim's Word2Vec learns from the same walks with one worker. Its seconds do not include the walks; those
of DeepWalk do.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
import torch
from peers.word_vectors import gensim_vectors
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.utils import to_undirected
from torchmetrics.functional.classification import binary_auroc

from graphcascade.datasets import Android, TopoLSTMTwitter
from graphcascade.models.embedding import DeepWalk

DIM = 32


def spectral(graph: Data) -> Tensor:
    """Eigenvectors of the symmetrically normalised adjacency matrix, scaled by the roots of their eigenvalues."""
    from scipy.sparse import coo_matrix, diags
    from scipy.sparse.linalg import eigsh

    edge_index = to_undirected(graph.edge_index, num_nodes=graph.num_nodes).numpy()
    count = graph.num_nodes
    adjacency = coo_matrix((np.ones(edge_index.shape[1]), edge_index), (count, count)).tocsr()
    degree = np.maximum(np.asarray(adjacency.sum(1)).ravel(), 1)
    scale = diags(degree**-0.5)
    values, vectors = eigsh(scale @ adjacency @ scale, k=DIM, v0=np.ones(count))
    return torch.from_numpy((vectors * np.sqrt(np.maximum(values, 0))) / np.sqrt(degree)[:, None]).float()


def auc(vector: Tensor, positive: Tensor, negative: Tensor) -> float:
    unit = torch.nn.functional.normalize(vector, dim=1)
    return _auc(*((unit[one] * unit[other]).sum(1) for one, other in (positive, negative)))


def by_degree(degree: Tensor, positive: Tensor, negative: Tensor) -> float:
    return _auc(*(degree[one] * degree[other] for one, other in (positive, negative)))


def _auc(positive: Tensor, negative: Tensor) -> float:
    score = torch.cat([positive, negative]).double()
    truth = torch.cat([torch.ones(positive.numel()), torch.zeros(negative.numel())]).long()
    return float(binary_auroc((score - score.min()) / (score.max() - score.min()), truth))  # in [0, 1], without ties


def degrees(graph: Data) -> Tensor:
    return torch.bincount(graph.edge_index[0], minlength=graph.num_nodes)


def divided(graph: Data, seed: int) -> tuple[Data, list[tuple[Tensor, Tensor]]]:
    """The graph without a tenth of its links, and these links beside pairs of users without a link, in two ways.

    The users of the first pair are any linked users; of the second, one of the link's and one of the degree of its
    other user.
    """
    generator = torch.Generator().manual_seed(seed)
    source, target = graph.edge_index
    one, other = torch.minimum(source, target), torch.maximum(source, target)
    pairs = torch.unique(torch.stack([one, other]), dim=1)  # undirected, so that no held-out link stays the other way
    order = torch.randperm(pairs.size(1), generator=generator)
    held = pairs[:, order[: pairs.size(1) // 10]]
    kept = pairs[:, order[pairs.size(1) // 10 :]]
    count = graph.num_nodes
    keys = pairs[0] * count + pairs[1]
    users = pairs.unique()

    def free(guess: Tensor) -> Tensor:
        low, high = guess.amin(0), guess.amax(0)
        return ~torch.isin(low * count + high, keys) & (low != high)

    guess = users[torch.randint(users.numel(), (2, 4 * held.size(1)), generator=generator)]
    anyone = guess[:, free(guess)][:, : held.size(1)]
    train = Data(edge_index=to_undirected(kept, num_nodes=count), num_nodes=count)
    degree = degrees(train)
    ranked = users[degree[users].argsort()]
    more, less = held.gather(0, degree[held].argsort(0, descending=True))
    first = torch.searchsorted(degree[ranked], degree[less])
    number = torch.searchsorted(degree[ranked], degree[less], right=True) - first
    alike = torch.stack([more, more])
    for _ in range(50):  # where nobody of that degree is free, the pair stays without a user and is left out
        open_ = alike[0] == alike[1]
        guess = ranked[first + (torch.rand(number.numel(), generator=generator) * number).long()]
        alike[1] = torch.where(open_ & free(torch.stack([more, guess])), guess, alike[1])
    found = alike[0] != alike[1]
    return train, [(held, anyone), (held[:, found], alike[:, found])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--gensim", action="store_true")
    parser.add_argument("--validation", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for kind in (Android, TopoLSTMTwitter):
        graph = kind().follow_graph
        rows: dict[str, list[tuple[float, float, float]]] = {}
        for seed in range(arguments.seeds):
            train, readings = divided(graph, seed)
            if arguments.validation:
                train, readings = divided(train, seed + 1000)
            begin = time.perf_counter()
            model = DeepWalk(DIM, seed=seed)
            learned = {"DeepWalk": (model.fit(train), time.perf_counter() - begin)}
            for negatives in (model.negatives, 5) if arguments.gensim else ():
                learned[f"gensim, {negatives} negatives"] = gensim_vectors(model, train, negatives)
            begin = time.perf_counter()
            learned["spectral"] = spectral(train), time.perf_counter() - begin
            for name, (vectors, seconds) in learned.items():
                rows.setdefault(name, []).append((*(auc(vectors, *pairs) for pairs in readings), seconds))
            degree = degrees(train).float()
            rows.setdefault("degree", []).append((*(by_degree(degree, *pairs) for pairs in readings), 0.0))
        users = train.edge_index.unique().numel()
        steps = users * model.walks_per_user * model.walk_length
        held = readings[0][0].size(1)
        print(f"{kind.__name__}: {users:,} linked users, {train.num_edges:,} directed links left, {held:,} held out;")
        print(f"  {steps:,} steps of walks. Mean and deviation over {arguments.seeds} seeds, median seconds")
        for name, values in rows.items():
            usual, hard, times = zip(*values, strict=True)
            print(
                f"  {name:20} AUC {statistics.mean(usual):.3f} ±{statistics.pstdev(usual):.3f}   same degree "
                f"{statistics.mean(hard):.3f} ±{statistics.pstdev(hard):.3f}   {statistics.median(times):5.1f} s"
            )


if __name__ == "__main__":
    main()
