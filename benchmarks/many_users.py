"""Measures a training of LSTM over many users: targets per second and memory, with the exact and the sampled loss.

Run: taskset -c 1 python benchmarks/many_users.py [--users 1000 1000000] [--optimizer adam] [--plot users.png]

Each row is measured in a separate process with one thread. A step has the loader, the loss, its gradient and the
optimizer, with batches of 32 random cascades of 16 events; the probability of a user falls with the square root of its
rank. Seconds are those of the processor, because the clock also counts other work on the machine. Peak memory is that
of the process less what it had before the model was made. It is compared with the memory that is required: parameters,
the state of the optimizer, and with the exact loss gradients of the same size as the parameters; gradients of samples
are small. The moments of all users are written once, because memory that was never written does not count.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np
import torch
from growth_plot import plot_growth

from graphcascade.data import CascadeDataset, CascadeTable
from graphcascade.evaluation import find_protocol
from graphcascade.loader import CascadeLoader
from graphcascade.models import LSTM, NDM
from graphcascade.nn import UserSampler
from graphcascade.trainers import Optimization
from graphcascade.trainers.next_user_module import NextUserModule

MODELS = {"LSTM": LSTM, "NDM": NDM}
BATCH_SIZE, LENGTH = 32, 16
LOSSES = ("exact", "sampled")
MAX_EXACT_SCORES = 10**9  # in the measured steps, so that a row does not take many minutes


def random_cascades(users: int, count: int) -> CascadeDataset:
    """Returns cascades without any structure; user ids are the same text, as they would only take memory."""
    generator = torch.Generator().manual_seed(0)
    share = torch.arange(LENGTH) + 0.5 * torch.rand(count, LENGTH, generator=generator)  # no user twice in a cascade
    order = torch.rand(count, LENGTH, generator=generator).argsort(1)
    user = (share.div_(LENGTH).square() * users).long().gather(1, order)
    table = CascadeTable(
        user.flatten(),
        torch.arange(LENGTH, dtype=torch.float64).repeat(count),
        torch.arange(count + 1) * LENGTH,
        torch.arange(count),
        np.full(users, "user", dtype=object),
        np.array([str(number) for number in range(count)], dtype=object),
    )
    return CascadeDataset(table)


def peak_memory() -> int:
    """Most resident memory of this process so far, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def measure(options: argparse.Namespace, users: int, loss: str) -> dict[str, float]:
    """One row, in this process."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    steps = 40 if loss == "sampled" else max(1, min(40, MAX_EXACT_SCORES // (users * BATCH_SIZE * LENGTH)))
    data = random_cascades(users, (steps + 1) * BATCH_SIZE)
    before = peak_memory()
    model = MODELS[options.model](users, dim=options.dim)
    sampler = None
    if loss == "sampled":
        sampler = UserSampler(torch.bincount(data.table.user, minlength=users), options.num_samples)
        model.embedding.sparse_gradients = model.readout.sparse_gradients = True
    module = NextUserModule(
        model, Optimization(optimizer=options.optimizer), find_protocol("chronological"), None, sampler
    )
    optimizer = module.optimization.make_optimizer(module.parameters())
    loader = iter(CascadeLoader(data, BATCH_SIZE, shuffle=True))
    seconds, targets = 0.0, 0
    for number, batch in enumerate(loader):
        start = time.process_time()
        total, count = module.loss(batch, training=True)
        optimizer.zero_grad()
        (total / count).backward()
        optimizer.step()
        if number:  # the first step makes the state
            seconds, targets = seconds + time.process_time() - start, targets + count
            continue
        for state in optimizer.state.values():
            for value in state.values():
                value += 0
    weights = sum(weight.numel() * weight.element_size() for weight in module.parameters())
    copies = 1 + {"adam": 2, "adagrad": 1}[options.optimizer] + (loss == "exact")
    return {"rate": targets / seconds, "needed": copies * weights, "peak": peak_memory() - before}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, nargs="+", default=[10**3, 10**4, 10**5, 10**6])
    parser.add_argument("--losses", nargs="+", choices=LOSSES, default=LOSSES)
    parser.add_argument("--model", choices=MODELS, default="LSTM")
    parser.add_argument("--dim", type=int, default=64, help="size of the vectors of users")
    parser.add_argument("--num-samples", type=int, default=2048)
    parser.add_argument("--optimizer", choices=("adam", "adagrad"), default="adam")
    parser.add_argument("--plot", help="picture to write, such as users.png")
    parser.add_argument("--json", action="store_true", help="measure one row in this process")
    options = parser.parse_args()
    if options.json:
        print(json.dumps(measure(options, options.users[0], options.losses[0])))
        return
    print(f"{options.model}, d = {options.dim}, {options.num_samples:,} samples, {options.optimizer}\n")
    print("| users | loss | targets/s | required, MB | peak, MB | ratio |\n|---|---|---|---|---|---|")
    curves: dict[str, list[dict[str, float]]] = {}
    for loss in options.losses:
        for users in options.users:
            command = [sys.executable, __file__, "--json", "--users", str(users), "--losses", loss]
            for name in ("model", "dim", "num_samples", "optimizer"):
                command += [f"--{name.replace('_', '-')}", str(getattr(options, name))]
            row = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
            ratio = row["peak"] / row["needed"]
            sizes = f"{row['needed'] / 1e6:,.0f} | {row['peak'] / 1e6:,.0f} | {ratio:.2f}"
            print(f"| {users:,} | {loss} | {row['rate']:,.0f} | {sizes} |", flush=True)
            figures = {"users": users, "targets a second": row["rate"], "peak memory, MB": row["peak"] / 1e6}
            curves.setdefault(loss, []).append(figures)
    if options.plot:
        plot_growth(curves, "users", ("targets a second", "peak memory, MB"), options.plot)


if __name__ == "__main__":
    main()
