from __future__ import annotations

import time

from graphcascade.analysis import cooccurrence_by_distance
from graphcascade.experiments.case import Case, Measured

__all__ = ["measure_cooccurrence", "measure_statistics"]

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
    """In how many cascades two users occur together, by how many lie between them (NDM paper, Fig. 2 and 3)."""
    start = time.perf_counter()
    found = cooccurrence_by_distance(case.dataset)
    figures = {f"K {between}": mean for between, mean in zip(found["between"], found["mean"], strict=True)}
    figures |= {f"K {between}, top 5 %": top for between, top in zip(found["between"], found["top"], strict=True)}
    return Measured(figures, "all cascades, over occurrences of pairs", "", time.perf_counter() - start)
