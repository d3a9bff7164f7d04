"""Compares settings of models that rank tweets by their validation AUC on a simulated network.

Run: OMP_NUM_THREADS=1 python benchmarks/ranking_defaults.py [--steps]

The network has the size of the AMNL paper's crawl. Images and texts have 128 features each, which depend linearly on
the true content, so that no text encoder has a part in the result. The table is in docs/defaults.md; it takes five
minutes on one core. With --steps, numbers of steps per epoch are compared on networks of 300 and 1,000 users instead,
which takes ten minutes. The test part is not used.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch

from graphcascade.data import RetweetNetwork
from graphcascade.evaluation import evaluate_ranking
from graphcascade.loader import PreferenceLoader, draw_candidates
from graphcascade.metrics import UserAUC
from graphcascade.models import AMNL, BPRMF
from graphcascade.simulate import simulate_retweets
from graphcascade.trainers import RankingTrainer

ALONE, SOFTPLUS, SUM, PRODUCT = {"followees": "none"}, {"score": "softplus"}, {"score": "sum"}, {"score": "product"}
LOGISTIC, HINGE, MARGIN = {"loss": "logistic"}, {"loss": "hinge", "margin": 0.5}, {"loss": "hinge", "margin": 0.9}
STEPS = (1, 4, 8, 16, 32, 64)
# model, loss, std, dim, learning rate, regularization
SETTINGS = [
    ("without followees", ALONE, LOGISTIC, 0.1, 32, 0.05, 0.0),
    ("without followees", ALONE, LOGISTIC, 0.01, 32, 0.05, 0.0),
    ("without followees", ALONE, LOGISTIC, 0.01, 128, 0.01, 0.0),
    ("without followees", ALONE, LOGISTIC, 0.01, 128, 0.003, 0.0),
    ("without followees", ALONE, MARGIN, 0.01, 128, 0.003, 0.0),
    ("softplus", SOFTPLUS, LOGISTIC, 0.1, 32, 0.05, 0.0),
    ("softplus", SOFTPLUS, LOGISTIC, 0.01, 32, 0.05, 0.0),
    ("softplus", SOFTPLUS, LOGISTIC, 0.01, 128, 0.01, 0.0),
    ("softplus", SOFTPLUS, LOGISTIC, 0.01, 128, 0.003, 0.0),
    ("softplus", SOFTPLUS, LOGISTIC, 0.01, 128, 0.003, 0.001),
    ("softplus", SOFTPLUS, HINGE, 0.01, 128, 0.003, 0.0),
    ("softplus", SOFTPLUS, MARGIN, 0.01, 128, 0.003, 0.0),
    ("sum", SUM, LOGISTIC, 0.01, 128, 0.003, 0.0),
    ("product", PRODUCT, HINGE, 0.01, 128, 0.003, 0.0),
]


def make_network(seed: int, **sizes: int) -> RetweetNetwork:
    """Simulates the network, and gives its texts features of the same kind as those of its images."""
    network = simulate_retweets("social", seed=seed, **sizes)
    rng = np.random.default_rng(7)
    content = network["tweet"].true_content[:, 16:].numpy()
    features = content @ rng.standard_normal((128, 16)).T / 4 + rng.standard_normal((content.shape[0], 128))
    network["tweet"].x_text = torch.from_numpy(features.astype(np.float32))
    return network


def score_without_training(train: RetweetNetwork, val: RetweetNetwork) -> float:
    """Returns the AUC of scores by the mean features of a user's retweets minus those of the user's negatives."""
    x = torch.cat([train["tweet"].x_image, train["tweet"].x_text], 1)
    taste = torch.zeros(train.num_users, x.size(1))
    count = torch.zeros(train.num_users, 1)
    for user, positive, negative in PreferenceLoader(train, num_negatives=8):
        taste.index_add_(0, user, x[positive] - x[negative])
        count.index_add_(0, user, torch.ones(user.numel(), 1))
    drawn, auc = draw_candidates(val), UserAUC()
    auc.update((taste / count.clamp(min=1))[drawn.user].mul(x[drawn.tweet]).sum(1), drawn.label, drawn.user)
    return float(auc.compute())


def print_steps(seeds: tuple[int, ...] = (0, 1)) -> None:
    """Compares batches that are so small that an epoch has several steps, at the default rate."""
    kinds = {"AMNL, product": (AMNL, PRODUCT), "AMNL, softplus": (AMNL, SOFTPLUS | LOGISTIC), "BPRMF": (BPRMF, {})}
    print("| users | model | epochs | " + " | ".join(map(str, STEPS)) + " |\n" + "| --- " * (3 + len(STEPS)) + "|")
    for users in (300, 1_000):
        networks = [make_network(seed, num_users=users, num_tweets=users * 7 // 10).splits(0.8) for seed in seeds]
        for name, (kind, arguments) in kinds.items():
            for max_epochs in (10, 50):
                means = []
                for steps in STEPS:
                    total = 0.0
                    for seed, (train, val, _) in zip(seeds, networks, strict=True):
                        triples = PreferenceLoader(train, candidates="followees").num_triples
                        torch.manual_seed(seed)
                        size = min(8_192, max(1, triples // steps))
                        trainer = RankingTrainer(max_epochs=max_epochs, batch_size=size, seed=seed, progress=False)
                        total += evaluate_ranking(trainer.fit(kind.of(train, **arguments), train, val), val)["AUC"]
                    means.append(f"{total / len(seeds):.3f}")
                print(f"| {users:,} | {name} | {max_epochs} | " + " | ".join(means) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="seed of the network and of the training")
    parser.add_argument("--steps", action="store_true", help="compare steps per epoch on small networks")
    arguments = parser.parse_args()
    seed = arguments.seed
    torch.set_num_threads(1)
    if arguments.steps:
        print_steps()
        return
    train, val, _ = make_network(seed).splits(0.8)
    print(f"without training: {score_without_training(train, val):.3f}\n")
    print("| AMNL | loss | std | dimensions | rate | regularization | AUC |\n" + "| --- " * 7 + "|")
    for name, form, loss, std, dim, rate, regularization in SETTINGS:
        torch.manual_seed(seed)
        trainer = RankingTrainer(max_epochs=80, patience=8, learning_rate=rate, seed=seed, progress=False)
        model = AMNL.of(train, **form, **loss, std=std, dim=dim, regularization=regularization)
        auc = evaluate_ranking(trainer.fit(model, train, val), val)["AUC"]
        words = loss["loss"] + (f", margin {loss['margin']}" if "margin" in loss else "")
        print(f"| {name} | {words} | {std} | {dim} | {rate} | {regularization} | {auc:.3f} |", flush=True)


if __name__ == "__main__":
    main()
