"""Measures memory and time of the softmax over users.

Run: python benchmarks/user_softmax.py [--users N] [--events N] [--dim D]

Each row is measured in a separate process: the peak of the resident memory, less the memory before the model was made.
It is compared with the memory that is required: parameters and, for training, gradients and Adam's two moments.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

import torch

from graphcascade.nn import History, UserEmbedding, UserSoftmax

WORK = ("train", "rank", "sample")


def measure(work: str, users: int, events: int, dim: int) -> dict[str, float]:
    """One piece of work, in this process."""
    torch.manual_seed(0)
    user = torch.randint(users, (events,))
    position = torch.arange(events) % 50
    history = History(user, torch.arange(events) - position, torch.arange(events) + 1)
    target = (user + 1) % users
    small = UserSoftmax(dim, 10)  # what torch takes for its first product is not ours
    small.loss(torch.randn(10, dim), torch.arange(10), history.select(torch.zeros(10, dtype=torch.long))).backward()
    before = peak_memory()
    embedding, softmax = UserEmbedding(users, dim), UserSoftmax(dim, users)
    parameters = [*embedding.parameters(), *softmax.parameters()] if work == "train" else [*softmax.parameters()]
    needed = sum(parameter.numel() * parameter.element_size() for parameter in parameters)
    if work == "train":
        needed *= 4
        optimizer = torch.optim.Adam(parameters, fused=True)
    else:
        del embedding
        x = torch.randn(events, dim)
    start = time.perf_counter()
    if work == "train":
        (softmax.loss(embedding(user), target, history) / events).backward()
        optimizer.step()
    elif work == "rank":
        softmax.rank(x, target, history)
    else:
        softmax.sample(x, history)
    return {"needed": needed, "peak": peak_memory() - before, "seconds": time.perf_counter() - start}


def peak_memory() -> int:
    """Most resident memory of this process so far, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=2_000)
    parser.add_argument("--dim", type=int, default=64)
    parser.add_argument("--json", action="store_true", help="figures only")
    parser.add_argument("--work", choices=WORK, help="measure one thing, in this process")
    options = parser.parse_args()
    if options.work:
        print(json.dumps(measure(options.work, options.users, options.events, options.dim)))
        return
    size = ["--users", str(options.users), "--events", str(options.events), "--dim", str(options.dim)]
    rows = {}
    for work in WORK:
        command = [sys.executable, __file__, "--work", work, *size]
        rows[work] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    if options.json:
        print(json.dumps(rows))
        return
    print(f"{options.users:,} users, {options.events:,} events, d = {options.dim}, {torch.get_num_threads()} threads\n")
    print("| work | must be there | peak | ratio | seconds |\n|---|---|---|---|---|")
    for work, row in rows.items():
        ratio = row["peak"] / row["needed"]
        print(
            f"| {work} | {row['needed'] / 2**20:,.0f} MiB | {row['peak'] / 2**20:,.0f} MiB | {ratio:.2f} "
            f"| {row['seconds']:.1f} |"
        )


if __name__ == "__main__":
    main()
