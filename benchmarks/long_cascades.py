"""Measures counting baselines, descriptions and conversions on data with one very long cascade.

Run: python benchmarks/long_cascades.py [LENGTH ...]

Each line is measured in a separate process. The peak is that of the process, with about 400 MB for Python and torch.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import torch

from graphcascade.analysis import infer_network
from graphcascade.data import CascadeDataset
from graphcascade.evaluation import evaluate
from graphcascade.io import from_pandas, write_cascades
from graphcascade.models import MODELS

TASKS = ("read", "describe", "convert", "Popularity", "SourceCooccurrence", "Markov", "RecentUsers", "infer network")


def long_cascade(length: int) -> CascadeDataset:
    """A cascade of this length, then 1,000 cascades of three of its users."""
    rows = [(f"u{k}", "long", k) for k in range(length)]
    rows += [(f"u{(3 * c + k) % length}", f"c{c}", length + 10 * c + k) for c in range(1000) for k in range(3)]
    return from_pandas(pd.DataFrame(rows, columns=["user", "item", "time"]), time_unit="s")


def run(task: str, length: int) -> None:
    """Does one task and prints its seconds and the peak memory of the process."""
    torch.set_num_threads(1)
    start = time.perf_counter()
    dataset = long_cascade(length)
    if task != "read":
        start = time.perf_counter()
    if task == "describe":
        dataset.describe()
    elif task == "convert":
        with tempfile.TemporaryDirectory() as folder:
            write_cascades(dataset, Path(folder) / "cascades.csv")
    elif task == "infer network":
        infer_network(None, dataset)
    elif task != "read":
        train, _, test = dataset.splits()
        evaluate(MODELS[task](dataset.num_users).fit(train), test)
    seconds = time.perf_counter() - start
    print(f"{seconds:.2f} | {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f}")


def main() -> None:
    if len(sys.argv) == 4 and sys.argv[1] == "--task":
        run(sys.argv[2], int(sys.argv[3]))
        return
    print("| task | longest cascade | seconds | peak, MB |\n|---|---|---|---|")
    for length in [int(value) for value in sys.argv[1:]] or [1000, 20_000, 100_000]:
        for task in TASKS:
            command = [sys.executable, __file__, "--task", task, str(length)]
            measured = subprocess.run(command, capture_output=True, text=True)
            print(f"| {task} | {length:,} | {measured.stdout.strip() or 'failed | '} |", flush=True)


if __name__ == "__main__":
    main()
