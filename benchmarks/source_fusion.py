"""Measures the seconds per epoch with source fusion and the adversary, and of the plain model, in one thread.

Run: GRAPHCASCADE_DATA=... taskset -c 1 python benchmarks/source_fusion.py

The data are TopoLSTM's Twitter with the split of DSSF, in batches of 16; vectors have 64 dimensions. An epoch consists
of the loader, the loss, the backward pass and Adam, without Lightning. The figures are medians of alternating rounds,
by processor time.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch

from graphcascade.data import head_sources
from graphcascade.datasets import load_dataset
from graphcascade.evaluation import find_protocol
from graphcascade.loader import BalancedLoader, CascadeLoader
from graphcascade.models import LSTM, DeepDiffuse, HiDAN
from graphcascade.nn import SourceFusion
from graphcascade.trainers import Optimization
from graphcascade.trainers.adversarial_module import AdversarialModule
from graphcascade.trainers.next_user_module import NextUserModule

ROUNDS = 9
FUSIONS = {
    "plain": None,
    "sum": {"fusion": "sum"},
    "concatenation": {"fusion": "concatenation"},
    "attention, softmax": {"fusion": "attention"},
    "attention, sigmoid": {"fusion": "attention", "gate": "sigmoid"},
    "sum, adversary": {"fusion": "sum"},
}


def epoch_of(model, train, adversary: bool):
    """A function that trains for an epoch."""
    model.prepare(train)
    protocol = find_protocol("dssf")
    head = head_sources(train)
    if adversary:
        task = AdversarialModule(model, Optimization(), protocol, is_head=head, every=0, warmup_epochs=0)
        task.log = lambda *_, **__: None
        loader = BalancedLoader(train, head[train.table.user[train.table.ptr[:-1]]], 16)
    else:
        task = NextUserModule(model, Optimization(), protocol)
        loader = CascadeLoader(train, 16, shuffle=True)
    optimizer = task.optimization.make_optimizer(task.parameters())

    def run() -> None:
        for batch in loader:
            optimizer.zero_grad()
            task.training_step(batch, 0).backward()
            optimizer.step()

    return run


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    torch.set_num_threads(1)
    dataset = load_dataset("TopoLSTMTwitter")
    train, _, _ = find_protocol("dssf").prepare(dataset, seed=0)
    print("| model | vectors | seconds an epoch | times the plain |\n|---|---|---|---|")
    for kind in (LSTM, DeepDiffuse, HiDAN):
        runs = {}
        for name, fusion in FUSIONS.items():
            torch.manual_seed(0)
            embedding = None if fusion is None else SourceFusion(dataset.num_users, 64, **fusion)
            runs[name] = epoch_of(kind(dataset.num_users, embedding=embedding), train, "adversary" in name)
        seconds: dict[str, list[float]] = {name: [] for name in runs}
        for number in range(ROUNDS + 1):
            for name, run in runs.items():
                start = time.process_time()
                run()
                if number > 0:  # the first one warms up
                    seconds[name].append(time.process_time() - start)
        plain = statistics.median(seconds["plain"])
        for name, values in seconds.items():
            middle = statistics.median(values)
            print(f"| {kind.__name__} | {name} | {middle:.2f} | {middle / plain:.2f} |", flush=True)


if __name__ == "__main__":
    main()
