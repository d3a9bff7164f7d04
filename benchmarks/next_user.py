"""Tests LSTM, RNN and counting baselines on the published datasets, under two protocols, over several seeds.

Run: GRAPHCASCADE_DATA=... python benchmarks/next_user.py [--datasets Irvine Memetracker ...] [--seeds 3]

Prints a row for each dataset, split and model: Hit@10, Hit@100, MRR (mean and standard deviation over seeds), training
targets per second, and the number of epochs. Nothing is tuned; all runs have the same configuration.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch

from graphcascade.datasets import DATASETS
from graphcascade.models import MODELS
from graphcascade.models.next_user import CountingModel
from graphcascade.trainers import NextUserTrainer

METRICS = ("Hit@10", "Hit@100", "MRR")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", nargs="+", default=["Irvine", "Memetracker", "TopoLSTMTwitter", "Android"])
    parser.add_argument("--models", nargs="+", default=["Popularity", "SourceCooccurrence", "Markov", "RNN", "LSTM"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--std", type=float, default=0.1, help="of the initial user vectors")
    parser.add_argument("--patience", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{'data':16} {'split':14} {'model':19}" + "".join(f"{name:>17}" for name in METRICS) + "  targets/s  epochs")
    for name in arguments.datasets:
        dataset = DATASETS[name]()
        splits = ["chronological", "files" if dataset.table.part is not None else "random"]
        for split in splits:
            for model in arguments.models:
                rows = [run(dataset, split, model, seed, arguments) for seed in range(arguments.seeds)]
                figures = "".join(
                    f"{statistics.mean(values):10.4f} ±{statistics.pstdev(values):.4f}"
                    for values in zip(*(row[0] for row in rows), strict=True)
                )
                rate, epochs = (statistics.mean(row[place] for row in rows) for place in (1, 2))
                print(f"{name:16} {split:14} {model:19}{figures} {rate:10,.0f} {epochs:7.1f}", flush=True)


def run(dataset, split: str, name: str, seed: int, arguments: argparse.Namespace) -> tuple[list[float], float, float]:
    train, val, test = dataset.splits(split, seed=seed)
    torch.manual_seed(seed)
    kind = MODELS[name]
    model = kind(dataset.num_users) if issubclass(kind, CountingModel) else kind(dataset.num_users, std=arguments.std)
    trainer = NextUserTrainer(
        max_epochs=arguments.epochs,
        batch_size=arguments.batch_size,
        patience=arguments.patience,
        seed=seed,
        accelerator="cpu",
        progress=False,
    )
    start = time.perf_counter()
    if isinstance(model, CountingModel):
        model.fit(train)
        trainer.epochs = 1
    else:
        trainer.fit(model, train, val)
    targets = int((train.table.size - 1).sum()) * trainer.epochs
    rate = targets / (time.perf_counter() - start)
    result = trainer.test(model, test)
    return [result[metric] for metric in METRICS], rate, trainer.epochs


if __name__ == "__main__":
    main()
