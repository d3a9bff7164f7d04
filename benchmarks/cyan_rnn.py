"""Measures the targets per second when training CYAN-RNN and RMTPP, and the memory of long cascades, in one thread.

Run: GRAPHCASCADE_DATA=... taskset -c 1 python benchmarks/cyan_rnn.py

Training uses batches of 128, layers of size 64, coverage 10, a length of dependence of 200, and a softmax over all
users. It consists of the loader, the loss of users and times, the backward pass and Adam, without Lightning. Rates are
the best and the median of several rounds, by processor time, which equals the clock's on an idle machine. Each
synthetic set is on one network. Android is left out if its files are missing. Memory is the peak resident memory of a
separate process.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from itertools import cycle, islice

import numpy as np
import torch

from graphcascade.data import CascadeDataset, CascadeTable
from graphcascade.datasets import DATASETS
from graphcascade.errors import GraphCascadeError
from graphcascade.evaluation import find_protocol
from graphcascade.loader import CascadeLoader
from graphcascade.models import CYANRNN, RMTPP
from graphcascade.trainers import Optimization
from graphcascade.trainers.next_user_module import NextUserModule

SETS = ("cyan-cp-exp", "cyan-cp-ray", "cyan-random-exp", "cyan-random-ray", "Android")
TARGETS = 40_000  # in a round
ROUNDS = 7
MODELS = {
    "CYAN-RNN(cov)": lambda users: CYANRNN(users, coverage=10),
    "CYAN-RNN": lambda users: CYANRNN(users),
    "RMTPP": lambda users: RMTPP(users, mask_infected=False),
}


def step_over(model, train: CascadeDataset, batch_size: int):
    """Trains for some targets at each call; gives their number."""
    model.prepare(train)
    task = NextUserModule(model, Optimization(), find_protocol("cyan"))
    optimizer = task.optimization.make_optimizer(task.parameters())
    batches = (batch for _ in cycle([0]) for batch in CascadeLoader(train, batch_size, shuffle=True))

    def run(targets: int) -> int:
        done = 0
        while done < targets:
            (batch,) = islice(batches, 1)
            total, count = task.loss(batch, training=True)
            float(total.detach())
            optimizer.zero_grad()
            (total / count).backward()
            optimizer.step()
            done += batch.user.numel() - batch.num_graphs
        return done

    return run


def rates(sets: list[str]) -> None:
    print("| set | users | events a cascade | model | targets/s, median | best |\n|---|---|---|---|---|---|")
    for name in sets:
        try:
            dataset = DATASETS[name]()
        except GraphCascadeError as error:
            print(f"| {name} | no data here ({error}) | | | | |")
            continue
        train, _, _ = dataset.splits("random")
        size = float(train.table.size.double().mean())
        for label, make in MODELS.items():
            torch.manual_seed(0)
            run = step_over(make(dataset.num_users), train, 128)
            run(1)
            found = []
            for _ in range(ROUNDS):
                start = time.process_time()
                done = run(TARGETS)
                found.append(done / (time.process_time() - start))
            row = f"{statistics.median(found):,.0f} | {max(found):,.0f}"
            print(f"| {name} | {dataset.num_users:,} | {size:.1f} | {label} | {row} |", flush=True)


def memory() -> None:
    print("\n| events of each of 16 cascades | peak memory, MiB |\n|---|---|")
    for length in (250, 500, 1000, 2000):
        command = [sys.executable, __file__, "--length", str(length)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        print(f"| {length:,} | {int(done.stdout):,} |", flush=True)


def one_length(length: int) -> None:
    user = torch.rand(16, 2000).argsort(1)[:, :length]
    names = np.arange(2000).astype(str).astype(object)
    table = CascadeTable(
        user=user.reshape(-1),
        time=torch.arange(length, dtype=torch.float64).repeat(16),
        ptr=torch.arange(17) * length,
        item=torch.arange(16),
        user_ids=names,
        item_ids=names[:16],
    )
    step_over(CYANRNN(2000, coverage=10), CascadeDataset(table), 16)(1)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--length", type=int, help="train on cascades of this length, and print the memory")
    parser.add_argument("--sets", nargs="*", default=SETS, choices=SETS, help="data for the rates")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.length is None:
        rates(options.sets)
        memory()
    else:
        one_length(options.length)


if __name__ == "__main__":
    main()
