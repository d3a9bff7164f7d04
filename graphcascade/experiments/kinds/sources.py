from __future__ import annotations

import time

import pandas as pd
import torch
from matplotlib.figure import Figure

from graphcascade.data import head_sources
from graphcascade.experiments.case import Case, Measured
from graphcascade.experiments.kind import Details, ExperimentKind, register_kind
from graphcascade.experiments.row import Row
from graphcascade.report import plot_sources

__all__ = ["SOURCES", "draw_sources", "measure_sources"]


METRICS = ("sources", "sources of one cascade", "cascades of the head")


def measure_sources(case: Case[Row]) -> Measured:
    """Measures how the cascades are distributed over the sources (DSSF, Fig. 2)."""
    start = time.perf_counter()
    table = case.dataset.table
    num_cascades = torch.bincount(table.user[table.ptr[:-1]], minlength=table.num_users)
    of_head = int(num_cascades[head_sources(case.dataset)].sum())
    figures = {
        "sources": float((num_cascades > 0).sum()),
        "sources of one cascade": float((num_cascades == 1).sum()),
        "cascades of the head": of_head / table.num_cascades,
    }
    details = {"cascades": num_cascades[num_cascades > 0].tolist()}
    return Measured(figures, "all cascades", "", time.perf_counter() - start, details=details)


def draw_sources(figures: pd.DataFrame, title: str, details: Details) -> Figure:
    """Draws the number of cascades of each source (DSSF, Fig. 2)."""
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    (row,) = details.values()
    plot_sources(torch.tensor(row["cascades"]), axes, title=title)
    return figure


SOURCES = register_kind(ExperimentKind("sources", Row, measure_sources, draw_sources, metrics=lambda _: METRICS))
