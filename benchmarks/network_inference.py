"""Measures processor time and memory of models that infer networks, with one thread.

Run: python benchmarks/network_inference.py [MODEL ...]

The data are Memetracker, if it is on this machine, and random cascades of a given number of users and pairs of events.
Each line is measured in a separate process. The peak is that of the process, with about 400 MB for Python and torch.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import torch

from graphcascade.data import CascadeDataset, CascadeTable
from graphcascade.data.numbered_ids import numbered_ids
from graphcascade.data.segments import num_pairs, segment_ptr
from graphcascade.datasets import load_dataset
from graphcascade.models import EmbeddedIC, Infopath, Netrate
from graphcascade.models.diffusion import DiffusionModel

SIZE = 20  # users of a random cascade, with 190 pairs
SIZES = ((1_000, 100_000), (10_000, 1_000_000), (100_000, 9_999_890))
"""Numbers of users and of pairs of events of random cascades."""
MODELS = {
    "Netrate": lambda: Netrate(),
    "Netrate, tolerance 1e-6": lambda: Netrate(tolerance=1e-6),
    "Infopath": lambda: Infopath(),
    "EmbeddedIC": lambda: EmbeddedIC(),
}
MAX_USERS = {"EmbeddedIC": 1_000}  # its failures are of all pairs of users


def random_cascades(num_users: int, pairs: int) -> CascadeDataset:
    """Cascades of random users at random times."""
    generator = torch.Generator().manual_seed(0)
    count = pairs // (SIZE * (SIZE - 1) // 2)
    user = torch.randint(num_users - SIZE, (count, 1), generator=generator)
    user = user + torch.rand(count, SIZE, generator=generator).argsort(1)  # neighbours occur together
    when = torch.rand(count, SIZE, generator=generator, dtype=torch.float64).cumsum(1)
    ids = numbered_ids(max(num_users, count))
    table = CascadeTable(
        user=user.flatten(),
        time=when.flatten(),
        ptr=segment_ptr(torch.full((count,), SIZE)),
        item=torch.arange(count),
        user_ids=ids[:num_users],
        item_ids=ids[:count],
    )
    return CascadeDataset(table)


def run(name: str, num_users: int, pairs: int) -> None:
    """Fits a model and prints processor time, links and peak memory."""
    torch.set_num_threads(1)
    dataset = random_cascades(num_users, pairs) if num_users else load_dataset("Memetracker")
    model: DiffusionModel = MODELS[name]()
    start = time.process_time()
    graph = model.fit(dataset).graph
    seconds = time.process_time() - start
    found = model.link_statistics(dataset)
    evidence = time.process_time() - start - seconds
    assert found.gain.numel() == graph.num_edges
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{dataset.num_users:,} | {num_pairs(dataset.table.ptr):,} | {graph.num_edges:,} | {seconds:.1f} | "
        f"{evidence:.1f} | {peak:,.0f}"
    )


def main() -> None:
    if len(sys.argv) == 5 and sys.argv[1] == "--case":
        run(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
        return
    print("| model | users | pairs | links | fit, s | evidence, s | peak, MB |\n|---|---|---|---|---|---|---|")
    for name in sys.argv[1:] or MODELS:
        for users, pairs in ((0, 0), *SIZES):
            if users > MAX_USERS.get(name, users):
                continue
            command = [sys.executable, __file__, "--case", name, str(users), str(pairs)]
            measured = subprocess.run(command, capture_output=True, text=True)
            lines = measured.stdout.strip().splitlines()
            print(f"| {name} | {lines[-1] if lines else f'{users:,} | {pairs:,} | failed | | | '} |", flush=True)


if __name__ == "__main__":
    main()
