"""Measures NDM in one thread: training, its growth, and simulations. It takes minutes; --quick is shorter.

Run: GRAPHCASCADE_DATA=... taskset -c 1 python benchmarks/ndm.py [--quick]

The model is NDM as in the paper (8 heads, d = 64, window 3, dropout 0.1, batches of 32), and is compared with the
rates of the authors' code on the same cascades. Targets are next users, without Terminate. Rates are medians over
rounds, by the processor time of one thread, which equals the clock's on an idle machine. Every line is measured in a
separate process, and its memory is the peak resident memory of that process with all libraries. The share of matrix
products is measured by torch's profiler; the profiler slows small operations down, so the true share is higher. Their
GFLOP/s are compared with those of a product of two matrices of 2,048 x 2,048 in the same process. Simulations use an
untrained model, in which hardly any simulations share a prefix; this is the slowest case.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import statistics
import subprocess
import sys
import time
from itertools import cycle, islice

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile

from graphcascade.data import CascadeDataset, CascadeTable
from graphcascade.datasets import DATASETS
from graphcascade.errors import GraphCascadeError
from graphcascade.evaluation import find_protocol
from graphcascade.loader import CascadeLoader
from graphcascade.models import NDM
from graphcascade.prediction.rollouts import simulate_rollouts
from graphcascade.trainers import Optimization
from graphcascade.trainers.next_user_module import NextUserModule

AUTHORS_TRAIN = {"Memetracker": 3645, "Irvine": 5466, "Lastfm": 2195}  # targets/s
AUTHORS_DRAW = {"Memetracker": 5530, "Irvine": 4750}  # useful draws/s
USERS, LENGTH, BATCH = 1000, 16, 32  # of synthetic cascades
ROUNDS = 5


def synthetic(users: int, length: int, cascades: int) -> CascadeDataset:
    """Cascades of one length, of users at random."""
    user = torch.randint(users, (cascades, 1)) + torch.arange(length) * (users // length)
    return CascadeDataset(
        CascadeTable(
            user=(user % users).view(-1),
            time=torch.arange(length, dtype=torch.float64).repeat(cascades),
            ptr=torch.arange(cascades + 1) * length,
            item=torch.arange(cascades),
            user_ids=np.arange(users).astype(str).astype(object),
            item_ids=np.arange(cascades).astype(str).astype(object),
        )
    )


def train(work: dict) -> dict[str, float]:
    if "name" in work:
        dataset = DATASETS[work["name"]]()
        cascades, _, _ = dataset.splits("files", (0.9, 0.0, 0.1))
    else:
        cascades = dataset = synthetic(work["users"], work["length"], 64 * work["batch"])
    model = NDM(dataset.num_users)
    model.embedding.set_seen(cascades.seen)
    task = NextUserModule(model, Optimization(), find_protocol("chronological"))
    optimizer = task.optimization.make_optimizer(task.parameters())
    loader = CascadeLoader(cascades, work["batch"], shuffle=True)
    steps = min(work["steps"], len(loader))
    batches = (batch for _ in cycle([0]) for batch in islice(loader, steps))

    def run() -> int:
        targets = 0
        for batch in islice(batches, steps):
            total, count = task.loss(batch, training=True)
            float(total.detach())
            optimizer.zero_grad()
            (total / count).backward()
            optimizer.step()
            targets += batch.user.numel() - batch.num_graphs
        return targets

    run()
    rates = []
    for _ in range(work["rounds"]):
        start = time.process_time()
        targets = run()
        rates.append(targets / (time.process_time() - start))
    found = {"rate": statistics.median(rates), "memory": peak_memory()}
    return found | (products(run) if "name" in work else {})


def draw(work: dict) -> dict[str, float]:
    dataset = DATASETS[work["name"]]()
    _, _, test = dataset.splits("files")
    model = NDM(dataset.num_users)
    table = test.table
    rates = []
    for _ in range(work["rounds"]):
        start = time.process_time()
        found = simulate_rollouts(
            model, table.source, table.time[table.ptr[:-1]], table.size - 1, work["simulations"], terminate=False
        )
        rates.append(found.draws / (time.process_time() - start))
    return {"rate": statistics.median(rates), "memory": peak_memory(), "draws": found.draws}


def products(run) -> dict[str, float]:
    """Share of time in matrix products and their GFLOP/s, and those of a large product."""
    with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as profiler:
        start = time.perf_counter()
        run()
        whole = time.perf_counter() - start
    seconds = operations = 0.0
    for event in profiler.key_averages(group_by_input_shape=True):
        name = event.key.removeprefix("aten::").rstrip("_")
        if name in ("mm", "bmm", "addmm", "baddbmm"):
            left, right = (
                event.input_shapes[1:3] if name.endswith("addmm") or name == "baddbmm" else event.input_shapes[:2]
            )
            seconds += event.self_cpu_time_total * 1e-6
            operations += 2.0 * math.prod(left) * right[-1] * event.count
    matrix = torch.randn(2048, 2048)
    times = []
    for _ in range(7):
        start = time.perf_counter()
        matrix @ matrix
        times.append(time.perf_counter() - start)
    return {
        "share": seconds / whole,
        "speed": operations / seconds * 1e-9,
        "peak": 2 * 2048**3 / min(times) * 1e-9,
    }


def peak_memory() -> int:
    """Most resident memory of this process so far, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def measure(**work) -> dict[str, float] | None:
    """Runs the work in a separate process; returns nothing if the dataset is missing."""
    command = [sys.executable, __file__, "--work", json.dumps(work)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def tables(quick: bool) -> None:
    rounds = 3 if quick else ROUNDS
    print("| training | targets/s | authors' | ratio | peak memory | in products | their GFLOP/s | 2,048-cube |")
    print("|---|---|---|---|---|---|---|---|")
    for name, authors in AUTHORS_TRAIN.items():
        row = measure(kind="train", name=name, batch=BATCH, steps=60 if quick else 240, rounds=rounds)
        if row is None:
            print(f"| {name} | no data here | {authors:,} | | | | | |")
            continue
        print(
            f"| {name} | {row['rate']:,.0f} | {authors:,} | {row['rate'] / authors:.1f} | {mebi(row)} "
            f"| {row['share']:.0%} | {row['speed']:.0f} | {row['peak']:.0f} |"
        )
    print("\n| simulations | useful draws/s | authors' | ratio | peak memory |\n|---|---|---|---|---|")
    for name, authors in AUTHORS_DRAW.items():
        row = measure(kind="draw", name=name, simulations=100 if quick else 1000, rounds=1 if quick else 3)
        if row is None:
            print(f"| {name} | no data here | {authors:,} | | |")
            continue
        print(f"| {name} | {row['rate']:,.0f} | {authors:,} | {row['rate'] / authors:.0f} | {mebi(row)} |")
    print(f"\nSynthetic cascades: {USERS:,} users, {LENGTH} events, batches of {BATCH}, but for one of them.\n")
    print("| growth | targets/s | microseconds a target | peak memory |\n|---|---|---|---|")
    sizes = {"users": [10**3, 10**4, 10**5, 10**6], "length": [4, 16, 64, 256], "batch": [8, 32, 128]}
    for key, values in sizes.items():
        for value in values[:-1] if quick and key == "users" else values:
            work = {"users": USERS, "length": LENGTH, "batch": BATCH} | {key: value}
            # As many scores in each line, but for a few steps at least.
            steps = max(2, min(64, 64 * USERS * LENGTH * BATCH // math.prod(work.values())))
            row = measure(kind="train", steps=steps, rounds=rounds, **work)
            print(f"| {key} {value:,} | {row['rate']:,.0f} | {1e6 / row['rate']:,.0f} | {mebi(row)} |")


def mebi(row: dict[str, float]) -> str:
    return f"{row['memory'] / 2**20:,.0f} MiB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer steps, 100 simulations, no million users")
    parser.add_argument("--work", type=json.loads, help="measure one thing, in this process")
    options = parser.parse_args()
    if options.work is None:
        tables(options.quick)
        return
    torch.set_num_threads(1)
    torch.manual_seed(0)
    kind = {"train": train, "draw": draw}[options.work.pop("kind")]
    try:
        found = kind(options.work)
    except GraphCascadeError as error:
        print(error, file=sys.stderr)
        found = None
    print(json.dumps(found))


if __name__ == "__main__":
    main()
