"""The embedded default, start to end: what a newcomer sees first."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from graphcascade.data import CascadeDataset
from graphcascade.evaluation import PROTOCOLS, Result, evaluate
from graphcascade.io import write_csv
from graphcascade.models import LSTM, Markov, Popularity, SourceCooccurrence, TrueHazards, save_model
from graphcascade.models.next_user import NextUserModel, ScoringModel
from graphcascade.report import draw_dataset, save_figure
from graphcascade.simulate import cyan_cascades
from graphcascade.trainers import NextUserTrainer

__all__ = ["Demo", "run_demo"]

HORIZON = 100.0
PROTOCOL = replace(PROTOCOLS["cyan"], name="cyan, infected users left out", mask_infected=True)


@dataclass(frozen=True, eq=False)
class Demo:
    """What the demonstration made.

    Args:
        dataset: The simulated cascades.
        results: One for each model: counters, the trained model, and the ceiling.
        files: The table, the picture, and the trained model.
    """

    dataset: CascadeDataset
    results: list[Result]
    files: list[Path]

    metrics = ("Hit@1", "Hit@5", "MRR")
    explanation = (
        "Hit@k: share of events whose next user is among the k first named; MRR: mean of 1 / rank. "
        "TrueHazards knows the network that made the cascades: nobody can do better on average."
    )


def run_demo(out: Path, num_cascades: int, max_epochs: int, seed: int, progress: bool = True) -> Demo:
    """Simulates cascades on a core-periphery network of 32 users, learns who comes next, and writes what came out.

    Args:
        out: Folder for the files.
        num_cascades: How many cascades to simulate.
        max_epochs: Most epochs of training.
        seed: Seed of everything.
        progress: Show a progress bar, on terminals.
    """
    dataset = cyan_cascades(
        "core-periphery",
        "exponential",
        num_cascades=num_cascades,
        horizon=HORIZON,
        network_seed=seed,
        seed=seed,
    )
    train, val, test = dataset.splits("random", seed=seed)
    torch.manual_seed(seed)
    model = LSTM(dataset.num_users, dim=32, hidden=32)
    trainer = NextUserTrainer(
        max_epochs=max_epochs, learning_rate=5e-3, protocol=PROTOCOL, seed=seed, progress=progress
    )
    trainer.fit(model, train, val)
    ceiling = TrueHazards.of(dataset)
    models: list[NextUserModel | ScoringModel] = [
        kind(dataset.num_users).fit(train) for kind in (Popularity, SourceCooccurrence, Markov)
    ]
    models += [model, ceiling]
    results = [evaluate(one, test, PROTOCOL, seed) for one in models]
    table = write_csv(dataset, out / "cascades.csv")
    picture = save_figure(draw_dataset(dataset), out / "cascades.png")
    saved = save_model(model, out / "model.safetensors", protocol=asdict(PROTOCOL), seed=seed)
    return Demo(dataset, results, [table, picture, saved])
