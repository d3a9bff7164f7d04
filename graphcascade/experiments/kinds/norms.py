from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from graphcascade.analysis import position_norms
from graphcascade.experiments.case import Case, Measured
from graphcascade.experiments.choice import VALIDATION_SETTINGS, choose, fit_chosen, split_without_validation
from graphcascade.experiments.fitting import STAGE_SETTINGS
from graphcascade.experiments.kind import Details, ExperimentKind, register_kind
from graphcascade.experiments.simulated_row import SimulatedRow
from graphcascade.models import NDM
from graphcascade.report import plot_position_norms

__all__ = ["NORMS", "draw_norms", "measure_norms"]


def measure_norms(case: Case[SimulatedRow]) -> Measured:
    """Measures the norms of NDM's position matrices (NDM paper, Section 5.7, Table 4)."""
    choice = choose(case)
    train, _ = split_without_validation(case.dataset)

    def measure() -> dict[str, Any]:
        model = fit_chosen(case, choice, train)
        assert isinstance(model, NDM)  # checked when the file is read
        table = position_norms(model)
        figures = {f"W_{name}": norm for name, norm in zip(table["matrix"], table["norm"], strict=True)}
        figures |= {f"W_{name} squared": norm for name, norm in zip(table["matrix"], table["squared"], strict=True)}
        return {"figures": figures}

    protocol = "training cascades, all"
    run = replace(case, row=choice.row).run("norms", train, {}, measure)
    return Measured(run["figures"], protocol, choice.words, run["seconds"], run["code"])


def draw_norms(figures: pd.DataFrame, title: str, details: Details) -> Figure:
    """Draws the norms of each row beside the published ones (NDM paper, Table 4)."""
    figures = figures[~figures["metric"].str.endswith("squared")]
    rows = list(dict.fromkeys(figures["row"]))
    figure = Figure(figsize=(4 * len(rows), 3.4), layout="constrained")
    axes = figure.subplots(1, len(rows), squeeze=False)
    for ax, row in zip(axes.flat, rows, strict=True):
        norms = figures[figures["row"] == row]
        matrix = norms["metric"].str.removeprefix("W_")
        plot_position_norms(pd.DataFrame({"matrix": matrix, "norm": norms["measured"]}), ax, row)
        if norms["published"].notna().any():
            ax.plot(range(len(norms)), norms["published"], "D", color="black", fillstyle="none", label="published")
            ax.legend(frameon=False, fontsize=8)
    figure.suptitle(title, fontsize=11)
    return figure


NORMS = register_kind(
    ExperimentKind(
        "norms",
        SimulatedRow,
        measure_norms,
        draw_norms,
        settings=VALIDATION_SETTINGS,
        fixed_settings=STAGE_SETTINGS,
        models=(NDM,),
    )
)
