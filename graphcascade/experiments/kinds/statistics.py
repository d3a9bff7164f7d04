from __future__ import annotations

import time

from graphcascade.experiments.case import Case, Measured
from graphcascade.experiments.kind import ExperimentKind, register_kind
from graphcascade.experiments.row import Row

__all__ = ["STATISTICS", "measure_statistics"]

METRICS = {
    "Users": "users",
    "Diffusion sources": "sources",
    "Links": "co-occurring pairs",
    "Cascades": "cascades",
    "Average length": "mean length",
}
"""Names of the metrics in the papers, and in :meth:`~graphcascade.data.CascadeDataset.describe`."""


def measure_statistics(case: Case[Row]) -> Measured:
    """Counts users, sources, links and cascades of a dataset (NDM and DSSF, Table 1)."""
    start = time.perf_counter()
    description = case.dataset.describe()
    figures = {name: float(description[key]) for name, key in METRICS.items() if description[key] is not None}
    return Measured(figures, "all cascades", "", time.perf_counter() - start)


STATISTICS = register_kind(ExperimentKind("statistics", Row, measure_statistics, metrics=lambda _: list(METRICS)))
