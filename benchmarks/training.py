"""Measures the next-user targets per second of a bare training loop and of the trainer with the same steps.

Run: GRAPHCASCADE_DATA=... taskset -c 1 python benchmarks/training.py

An LSTM of size 64 is trained on Memetracker in batches of 32, in one thread. The bare loop has the same loader, model,
loss and optimizer, so the difference is the cost of Lightning.
"""

from __future__ import annotations

import statistics
import time

import torch

from graphcascade.datasets import Memetracker
from graphcascade.evaluation import find_protocol
from graphcascade.loader import CascadeLoader
from graphcascade.models import LSTM
from graphcascade.trainers import NextUserTrainer, Optimization
from graphcascade.trainers.next_user_module import NextUserModule

EPOCHS = 4
REPEATS = 5


def bare(train, num_users: int) -> float:
    torch.manual_seed(0)
    model = LSTM(num_users)
    model.embedding.set_seen(train.seen)
    task = NextUserModule(model, Optimization(), find_protocol("chronological"))
    optimizer = task.optimization.make_optimizer(task.parameters())
    loader = CascadeLoader(train, 32, shuffle=True)
    start = time.perf_counter()
    for _ in range(EPOCHS):
        for batch in loader:
            total, count = task.loss(batch, training=True)
            float(total.detach())
            optimizer.zero_grad()
            (total / count).backward()
            optimizer.step()
    return time.perf_counter() - start


def trained(train, num_users: int) -> float:
    torch.manual_seed(0)
    model = LSTM(num_users)
    trainer = NextUserTrainer(max_epochs=EPOCHS, accelerator="cpu", progress=False)
    start = time.perf_counter()
    trainer.fit(model, train)
    return time.perf_counter() - start


def main() -> None:
    torch.set_num_threads(1)
    dataset = Memetracker()
    train, _, _ = dataset.splits(fractions=(0.9, 0.0, 0.1))
    targets = int((train.table.size - 1).sum()) * EPOCHS
    steps = -(-len(train) // 32) * EPOCHS
    trained(train, dataset.num_users)  # imports and first calls
    pairs = [(bare(train, dataset.num_users), trained(train, dataset.num_users)) for _ in range(REPEATS)]
    loop, whole = (statistics.median(side) for side in zip(*pairs, strict=True))
    share = statistics.median((b - a) / a for a, b in pairs)
    print(f"{'':12} {'targets/s':>12} {'ms/step':>9}")
    print(f"{'bare loop':12} {targets / loop:12,.0f} {loop / steps * 1e3:9.2f}")
    print(f"{'trainer':12} {targets / whole:12,.0f} {whole / steps * 1e3:9.2f}")
    print(f"the trainer adds {share:.0%} to a step (median over {REPEATS} pairs of {EPOCHS} epochs)")


if __name__ == "__main__":
    main()
