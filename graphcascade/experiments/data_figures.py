from __future__ import annotations

import time

import torch

from graphcascade.analysis import cooccurrence_by_distance
from graphcascade.data import head_sources
from graphcascade.experiments.case import Case, Measured

__all__ = ["measure_cooccurrence", "measure_sources", "measure_statistics"]

STATISTICS = {
    "Users": "users",
    "Diffusion sources": "sources",
    "Links": "links",
    "Cascades": "cascades",
    "Average length": "mean length",
}


def measure_statistics(case: Case) -> Measured:
    """Sizes of a data set (NDM and DSSF, Table 1)."""
    start = time.perf_counter()
    described = case.dataset.describe()
    figures = {name: float(described[key]) for name, key in STATISTICS.items() if described[key] is not None}
    return Measured(figures, "all cascades", "", time.perf_counter() - start)


def measure_cooccurrence(case: Case) -> Measured:
    """Number of cascades that two users share, by the number of users between them (NDM paper, Fig. 2 and 3)."""
    start = time.perf_counter()
    found = cooccurrence_by_distance(case.dataset)
    figures = {f"K {between}": mean for between, mean in zip(found["between"], found["mean"], strict=True)}
    figures |= {f"K {between}, top 5 %": top for between, top in zip(found["between"], found["top"], strict=True)}
    return Measured(figures, "all cascades, over occurrences of pairs", "", time.perf_counter() - start)


def measure_sources(case: Case) -> Measured:
    """Distribution of the cascades over the sources (DSSF, Fig. 2)."""
    start = time.perf_counter()
    table = case.dataset.table
    count = torch.bincount(table.user[table.ptr[:-1]], minlength=table.num_users)
    head = int(count[head_sources(case.dataset)].sum())
    figures = {
        "sources": float((count > 0).sum()),
        "sources of one cascade": float((count == 1).sum()),
        "cascades of the head": head / table.num_cascades,
    }
    details = {"cascades": count[count > 0].tolist()}
    return Measured(figures, "all cascades", "", time.perf_counter() - start, details=details)
