"""Bayesian personalized ranking by ids (BPR) and with features of images (VBPR): cornac and implicit."""

from __future__ import annotations

import numpy as np
import torch

from graphcascade.data import RetweetNetwork
from graphcascade.loader import PreferenceLoader
from graphcascade.models import BPRMF, VBPR
from graphcascade.simulate import simulate_retweets
from graphcascade.trainers import RankingTrainer

from .comparison import Comparison, Speed, speed_of_epochs, speed_of_passes

DIM, NUM_FEATURES, BATCH_SIZE = 64, 512, 65_536


def network() -> RetweetNetwork:
    """Simulated training retweets with the size of the AMNL paper, and random features of images."""
    made = simulate_retweets()
    generator = torch.Generator().manual_seed(0)
    made["tweet"].x_image = torch.randn(made.num_tweets, NUM_FEATURES, generator=generator)
    return made.splits(0.8, validation=0.0)[0]


def ours(kind) -> Speed:
    train = network()
    torch.manual_seed(0)
    sizes = {"visual_dim": DIM} if kind is VBPR else {}
    model = kind.of(train, dim=DIM, **sizes)
    model.prepare(train)
    module = RankingTrainer()._module(model, train, {})
    optimizer = module.optimization.make_optimizer(module.parameters())
    loader = PreferenceLoader(train, BATCH_SIZE)

    def epoch() -> None:
        for batch in loader:
            optimizer.zero_grad()
            total, count = module.loss(batch, training=True)
            (total / count).backward()
            optimizer.step()

    return speed_of_passes(loader.num_triples, epoch)


def implicit_bpr() -> Speed:
    from implicit.cpu.bpr import BayesianPersonalizedRanking
    from scipy.sparse import csr_matrix

    train = network()
    user, tweet = train.supervised.numpy()
    shape = (train.num_users, train.num_tweets)
    matrix = csr_matrix((np.ones(user.size, dtype=np.float32), (user, tweet)), shape=shape)

    def fit(epochs: int) -> None:
        model = BayesianPersonalizedRanking(DIM, iterations=epochs, num_threads=1, random_state=0)
        model.fit(matrix, show_progress=False)

    return speed_of_epochs(user.size, fit)


def cornac(visual: bool) -> Speed:
    from cornac.data import Dataset, ImageModality
    from cornac.models import BPR
    from cornac.models import VBPR as PeerVBPR

    train = network()
    user, tweet = train.supervised.numpy()
    data = Dataset.build(list(zip(map(str, user), map(str, tweet), np.ones(user.size), strict=True)), seed=0)
    if not visual:
        return speed_of_epochs(user.size, lambda epochs: BPR(DIM, max_iter=epochs, num_threads=1, seed=0).fit(data))
    features = train["tweet"].x_image.numpy()
    data.add_modalities(item_image=ImageModality(features=features, ids=list(map(str, range(len(features))))))
    data.item_image.build(id_map=data.iid_map)

    def fit(epochs: int) -> None:
        PeerVBPR(k=DIM, k2=DIM, n_epochs=epochs, verbose=False, seed=0).fit(data)

    return speed_of_epochs(user.size, fit, epochs=1)


def comparisons() -> list[Comparison]:
    step = f"Here, a step is for {BATCH_SIZE:,} triples with AdaGrad; there, for one, in C++."
    size = f"9,900 users, 7,193 tweets, d = {DIM}"
    return [
        Comparison(f"BPR: {size}", "triples", "cornac", lambda: ours(BPRMF), lambda: cornac(False), step),
        Comparison(f"BPR: {size}", "triples", "implicit", lambda: ours(BPRMF), implicit_bpr, step),
        Comparison(
            f"VBPR: {size}, {NUM_FEATURES} features", "triples", "cornac", lambda: ours(VBPR), lambda: cornac(True),
            f"Here, a step is for {BATCH_SIZE:,} triples with AdaGrad; there, for 100 with Adam, in torch."
        ),
    ]  # fmt: skip
