from __future__ import annotations

import time

import pandas as pd
from matplotlib.figure import Figure

from graphcascade.analysis import cooccurrence_by_distance
from graphcascade.experiments.case import Case, Measured
from graphcascade.experiments.kind import Details, ExperimentKind, register_kind
from graphcascade.experiments.row import Row
from graphcascade.report import plot_cooccurrence

__all__ = ["COOCCURRENCE", "draw_cooccurrence", "measure_cooccurrence"]

METRICS = [f"K {between}{end}" for end in ("", ", top 5 %") for between in ("0", "1", "2", "3", "< 10", ">= 10")]


def measure_cooccurrence(case: Case[Row]) -> Measured:
    """Counts the cascades that two users share, by the number of users between them (NDM paper, Fig. 2 and 3)."""
    start = time.perf_counter()
    table = cooccurrence_by_distance(case.dataset)
    figures = {f"K {between}": mean for between, mean in zip(table["between"], table["mean"], strict=True)}
    figures |= {f"K {between}, top 5 %": top for between, top in zip(table["between"], table["top"], strict=True)}
    return Measured(figures, "all cascades, over occurrences of pairs", "", time.perf_counter() - start)


def draw_cooccurrence(figures: pd.DataFrame, title: str, details: Details) -> Figure:
    """Draws the means, and the means of the top 5 % (NDM paper, Fig. 2 and 3)."""
    name = figures["metric"].str.removeprefix("K ")
    top = name.str.endswith(", top 5 %")
    frame = pd.DataFrame(
        {
            "between": name[~top].to_numpy(),
            "mean": figures["measured"][~top].to_numpy(),
            "top": figures["measured"][top].to_numpy(),
        }
    )
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    axes = figure.subplots(1, 2)
    plot_cooccurrence(frame, axes[0])
    plot_cooccurrence(frame, axes[1], "top")
    figure.suptitle(title, fontsize=11)
    return figure


COOCCURRENCE = register_kind(
    ExperimentKind("cooccurrence", Row, measure_cooccurrence, draw_cooccurrence, metrics=lambda _: METRICS)
)
