"""Trains and tests models, or infers networks; run by one process, or by several that torchrun started."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch_geometric.data import Data

from graphcascade.analysis import infer_parents, permutation_check
from graphcascade.data import CascadeDataset
from graphcascade.evaluation import (
    NextUserProtocol,
    RankingProtocol,
    Result,
    RolloutProtocol,
    evaluate_cascades,
    evaluate_ranking,
    evaluate_times,
)
from graphcascade.models import (
    AMNL,
    CYANRNN,
    DSN,
    LSTM,
    RMTPP,
    CascadeSizeLSTM,
    HawkesProcess,
    IndependentCascade,
    Netrate,
)
from graphcascade.processes import is_first_process, start_processes
from graphcascade.trainers import (
    AdversarialTrainer,
    CascadeSizeTrainer,
    NextUserTrainer,
    PopularityTrainer,
    RankingTrainer,
)
from tests.models.cascade_size.small_cascades import growing_cascades
from tests.models.popularity.small_stream import random_stream
from tests.models.ranking.small_network import random_network
from tests.models.small_data import random_dataset

SIZES = [4, 2, 6, 1, 3, 5, 2, 4, 7, 3, 2, 5, 1, 6, 3, 2, 4, 3, 5, 2, 8, 3, 2, 4, 6, 3]
PROTOCOL = NextUserProtocol("small", ks=(1, 3))


def next_users() -> tuple[CascadeDataset, CascadeDataset]:
    """Training and validation cascades: 26 and 11, so that the last batches are smaller and have a share for each."""
    train = random_dataset(SIZES, 12)
    return train, random_dataset(SIZES[:11], 12, seed=1)


def lstm(dropout: float = 0.0) -> LSTM:
    torch.manual_seed(0)
    return LSTM(12, dim=4, hidden=6, dropout=dropout)


def fit_next_user(directory: Path, epochs: int = 3, dropout: float = 0.0, resume: bool = False) -> Result:
    train, val = next_users()
    trainer = NextUserTrainer(
        max_epochs=epochs, batch_size=8, protocol=PROTOCOL, directory=directory, progress=False, gradient_clip=1.0
    )
    return trainer.test(trainer.fit(lstm(dropout), train, val, resume=resume), val)


def fit_adversarial(directory: Path) -> Result:
    train, val = next_users()
    trainer = AdversarialTrainer(
        max_epochs=3, batch_size=8, warmup_epochs=1, every=0, protocol=PROTOCOL, directory=directory, progress=False
    )
    return trainer.test(trainer.fit(lstm(), train, val), val)


def fit_ranking(directory: Path) -> Result:
    train, val, test = random_network(users=15, tweets=40).splits(0.8, validation=0.3)
    torch.manual_seed(0)
    trainer = RankingTrainer(max_epochs=3, batch_size=16, directory=directory, progress=False)
    return trainer.test(trainer.fit(AMNL.of(train, dim=4), train, val), test)


def fit_popularity(directory: Path) -> Result:
    train, val, test = random_stream(posts=400).splits()
    torch.manual_seed(0)
    trainer = PopularityTrainer(max_epochs=3, batch_size=192, directory=directory, progress=False)
    model = DSN.of(train, hidden_dim=8, length=3, dropout=0.0, user=False)  # random users count as unknown in training
    return trainer.test(trainer.fit(model, train, val), test)


def fit_cascade_size(directory: Path) -> Result:
    train, val, test = growing_cascades().splits()
    torch.manual_seed(0)
    model = CascadeSizeLSTM(200, observe="10s", dim=4, hidden=4, dropout=0.0)
    trainer = CascadeSizeTrainer(max_epochs=3, directory=directory, progress=False)
    return trainer.test(trainer.fit(model, train, val), test)


FITS: dict[str, Callable[[Path], Result]] = {
    "adversarial": fit_adversarial,
    "cascade_size": fit_cascade_size,
    "next_user": fit_next_user,
    "popularity": fit_popularity,
    "ranking": fit_ranking,
}


def run(folder: Path) -> dict[str, Any]:
    """Trains with each trainer in folders of their names, and returns the figures of the tests."""
    return {name: fit(folder / name).metrics["value"].tolist() for name, fit in FITS.items()}


def figures_of_tests() -> dict[str, list[float]]:
    """Returns the figures of tests that no trainer makes by itself."""
    train, val = next_users()
    tweets, _, later = random_network(users=15, tweets=40).splits(0.8, validation=0.3)
    torch.manual_seed(0)
    times, users, ranking = RMTPP(12, dim=4, hidden=6), lstm(), AMNL.of(tweets, dim=4)
    times.prepare(train)
    users.prepare(train)
    ranking.prepare(tweets)
    rollouts = RolloutProtocol(simulations=20)
    results = {
        "times": evaluate_times(times, val),
        "times of a process": evaluate_times(HawkesProcess().fit(train), val),
        "whole cascades": evaluate_cascades(users, val, rollouts),
        "whole cascades on a network": evaluate_cascades(Netrate().fit(train), val, rollouts),
        "all tweets": evaluate_ranking(ranking, later, RankingProtocol(candidates="all")),
    }
    return {name: result.metrics["value"].tolist() for name, result in results.items()}


def figures_of_networks() -> dict[str, list[float]]:
    """Returns figures of inferred networks."""
    train, _ = next_users()
    check = permutation_check(Netrate(), train, permutations=3)
    model = Netrate(prune=True).fit(train)
    statistics = model.link_statistics(train)
    pairs = torch.cartesian_prod(torch.arange(12), torch.arange(12)).t()
    follows = Data(edge_index=pairs[:, (pairs[0] + pairs[1]) % 3 > 0], num_nodes=12)
    attempts = [IndependentCascade(step).fit(train.with_follow_graph(follows)) for step in (None, 1.0)]
    assert statistics.lower is not None
    torch.manual_seed(0)
    cyan = CYANRNN(12, dim=4, hidden=4, state=4)
    cyan.prepare(train)
    return {
        "gain by chance": [check.gain, *check.shuffled_gains, check.mrr or 0.0],
        "links by chance": [float(links) for links in check.shuffled_links],
        "network": [*model.edge_index.double().flatten().tolist(), *model.edge_weight.tolist()],
        "likelihood": model.log_likelihood,
        "attempts": [value for fitted in attempts for value in fitted.edge_weight.tolist()],
        "links of attempts": [value for fitted in attempts for value in fitted.edge_index.double().flatten().tolist()],
        "likelihood of attempts": [value for fitted in attempts for value in fitted.log_likelihood],
        "statistics": [*statistics.gain.tolist(), *statistics.lower.tolist(), *statistics.transmissions.tolist()],
        "parents": infer_parents(cyan, train).double().tolist(),
    }


def main(folder: Path) -> None:
    figures = run(folder)
    fit_next_user(folder / "whole", epochs=3, dropout=0.3)
    for epochs in (2, 3):
        fit_next_user(folder / "resumed", epochs=epochs, dropout=0.3, resume=epochs == 3)
    name = f"figures-{os.environ['RANK']}.json"
    (folder / name).write_text(
        json.dumps({"figures": figures, "tests": figures_of_tests(), "first": is_first_process()}), encoding="utf-8"
    )


def infer(folder: Path) -> None:
    start_processes()
    figures = json.dumps(figures_of_networks())
    (folder / f"networks-{os.environ['RANK']}.json").write_text(figures, encoding="utf-8")


if __name__ == "__main__":
    torch.set_num_threads(1)
    {"train": main, "infer": infer}[sys.argv[1]](Path(sys.argv[2]))
