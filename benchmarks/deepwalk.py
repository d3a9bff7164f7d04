"""Link prediction with DeepWalk's vectors: AUC on a held-out tenth of the links beside a spectral embedding; speed.

Run: GRAPHCASCADE_DATA=... taskset -c 1 python benchmarks/deepwalk.py [--seeds 3] [--gensim]

A link is scored by the cosine of the two vectors (lengths would say how many links a user has, which is another
question); every held-out link has a pair of linked users without a link beside it. Nothing is tuned on the held-out
links. With --gensim (which must be installed) gensim's Word2Vec learns from
the same number of walks, for its time.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.utils import to_undirected
from torchmetrics.functional.classification import binary_auroc

from graphcascade.datasets import Android, TopoLSTMTwitter
from graphcascade.models.embedding import DeepWalk, random_walks

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
    pairs = torch.cat([positive, negative], 1)
    vector = torch.nn.functional.normalize(vector, dim=1)
    score = (vector[pairs[0]] * vector[pairs[1]]).sum(1)
    truth = torch.cat([torch.ones(positive.size(1)), torch.zeros(negative.size(1))]).long()
    score = score.double()
    return float(binary_auroc((score - score.min()) / (score.max() - score.min()), truth))  # in [0, 1], without ties


def divided(graph: Data, seed: int) -> tuple[Data, Tensor, Tensor]:
    """The graph without a tenth of its links, these links, and as many pairs of linked users without a link."""
    generator = torch.Generator().manual_seed(seed)
    source, target = graph.edge_index
    one, other = torch.minimum(source, target), torch.maximum(source, target)
    pairs = torch.unique(torch.stack([one, other]), dim=1)  # undirected, so that no held-out link stays the other way
    order = torch.randperm(pairs.size(1), generator=generator)
    held = order[: pairs.size(1) // 10]
    kept = order[pairs.size(1) // 10 :]
    count = graph.num_nodes
    keys = pairs[0] * count + pairs[1]
    users = pairs.unique()
    guess = users[torch.randint(users.numel(), (2, 4 * held.numel()), generator=generator)]
    guess = torch.stack([guess.amin(0), guess.amax(0)])
    free = ~torch.isin(guess[0] * count + guess[1], keys) & (guess[0] != guess[1])
    train = Data(edge_index=to_undirected(pairs[:, kept], num_nodes=count), num_nodes=count)
    return train, pairs[:, held], guess[:, free][:, : held.numel()]


def gensim_seconds(graph: Data) -> float:
    from gensim.models import Word2Vec

    start = graph.edge_index.unique().repeat(10)
    walks = random_walks(graph, start, 40).tolist()
    begin = time.perf_counter()
    Word2Vec(
        [[str(v) for v in walk] for walk in walks], vector_size=DIM, window=5, sg=1, negative=5, workers=1, epochs=1
    )
    return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--gensim", action="store_true")
    parser.add_argument("--epochs", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for kind in (Android, TopoLSTMTwitter):
        graph = kind().follow_graph
        rows, seconds = {"DeepWalk": [], "spectral": []}, []
        for seed in range(arguments.seeds):
            train, positive, negative = divided(graph, seed)
            begin = time.perf_counter()
            vector = DeepWalk(DIM, seed=seed, epochs=arguments.epochs).fit(train)
            seconds.append(time.perf_counter() - begin)
            rows["DeepWalk"].append(auc(vector, positive, negative))
            rows["spectral"].append(auc(spectral(train), positive, negative))
        users, links = train.edge_index.unique().numel(), train.num_edges
        print(f"{kind.__name__}: {users:,} linked users, {links:,} directed links, {positive.size(1):,} held out")
        for name, values in rows.items():
            print(f"  {name:10} AUC {statistics.mean(values):.3f} ±{statistics.pstdev(values):.3f}")
        print(
            f"  DeepWalk {statistics.median(seconds):.1f} s for {arguments.epochs * users * 10 * 40:,} steps of walks"
        )
        if arguments.gensim:
            print(f"  gensim   {gensim_seconds(train):.1f} s for {users * 10 * 40:,} steps, skip-gram alone")


if __name__ == "__main__":
    main()
