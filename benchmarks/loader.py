"""Measures the cascades per second of PyG's DataLoader and of CascadeLoader, in one thread.

Run: taskset -c 1 python benchmarks/loader.py

The data is Memetracker's training file (ndm/memetracker/cascade.txt under GRAPHCASCADE_DATA); without it, simulated
cascades with about the same distribution of lengths.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch_geometric.loader import DataLoader

from graphcascade.data import CascadeDataset, RawEvents, check_events
from graphcascade.io import read_cascades
from graphcascade.loader import CascadeLoader

BATCH_SIZE = 32
REPEATS = 7


def made_cascades(num_cascades: int = 7474, num_users: int = 498) -> CascadeDataset:
    """Random users; lengths log-normal from 2, median 4, mean 8, as Memetracker's are."""
    rng = np.random.default_rng(0)
    size = np.minimum(1 + np.ceil(rng.lognormal(0.9, 1.35, num_cascades)), 312).astype(int)
    cascade = np.repeat(np.arange(num_cascades), size)
    raw = RawEvents(
        cascade=cascade,
        user=np.concatenate([rng.permutation(num_users)[:n] for n in size]).astype(str).astype(object),
        time=np.concatenate([np.arange(n, dtype=np.float64) for n in size]),
        item=np.arange(num_cascades).astype(str).astype(object),
        path="made cascades",
        line=cascade + 1,
    )
    return CascadeDataset(check_events(raw, name="made cascades, Memetracker's lengths"))


def cascades_per_second(loader: Iterable[torch.Tensor], num_cascades: int) -> float:
    """The fastest of several passes: the others were disturbed."""
    fastest = float("inf")
    for _ in range(REPEATS):
        start = time.perf_counter()
        for _ in loader:
            pass
        fastest = min(fastest, time.perf_counter() - start)
    return num_cascades / fastest


def main() -> None:
    torch.set_num_threads(1)
    folder = os.environ.get("GRAPHCASCADE_DATA")
    path = Path(folder or ".") / "ndm" / "memetracker" / "cascade.txt"
    dataset = read_cascades(path) if folder else made_cascades()
    size = dataset.table.size
    print(
        f"{dataset}; lengths: mean {size.double().mean():.1f}, median {int(size.median())}, longest {int(size.max())}"
    )
    print(f"\n| batches of {BATCH_SIZE} | DataLoader, cascades/s | CascadeLoader, cascades/s | ratio |")
    print("|---|---|---|---|")
    for name, shuffle in (("in order", False), ("shuffled", True)):
        theirs = cascades_per_second(DataLoader(dataset, BATCH_SIZE, shuffle=shuffle), len(dataset))
        ours = cascades_per_second(CascadeLoader(dataset, BATCH_SIZE, shuffle=shuffle), len(dataset))
        print(f"| {name} | {theirs:,.0f} | {ours:,.0f} | {ours / theirs:.1f} |")


if __name__ == "__main__":
    main()
