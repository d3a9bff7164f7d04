"""Batches of cascades: PyTorch Geometric's DataLoader."""

from __future__ import annotations

import numpy as np
from torch_geometric.loader import DataLoader

from graphcascade.data import CascadeDataset, RawEvents, check_events
from graphcascade.loader import CascadeLoader

from .comparison import Comparison, speed_of_passes

BATCH_SIZE = 32


def memetracker_sizes(num_cascades: int = 7474, num_users: int = 498) -> CascadeDataset:
    """Random users; lengths log-normal from 2, median 4, mean 8, as those of Memetracker are."""
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
    return CascadeDataset(check_events(raw, name="made cascades"))


def comparisons() -> list[Comparison]:
    dataset = memetracker_sizes()

    def compared(shuffle: bool) -> Comparison:
        def speed(kind):
            loader = kind(dataset, BATCH_SIZE, shuffle=shuffle)
            return speed_of_passes(len(dataset), lambda: sum(1 for _ in loader))

        order = "shuffled" if shuffle else "in order"
        work = f"batches of {BATCH_SIZE} from {len(dataset):,} cascades, {order}"
        ours, theirs = (lambda kind=kind: speed(kind) for kind in (CascadeLoader, DataLoader))
        return Comparison(work, "cascades", "torch-geometric", ours, theirs)

    return [compared(False), compared(True)]
