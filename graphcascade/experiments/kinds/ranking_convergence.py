"""How the objective of a model that ranks tweets falls, and how long its epochs take."""

from __future__ import annotations

import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from graphcascade.data import RetweetNetwork
from graphcascade.evaluation import RankingProtocol
from graphcascade.experiments.case import Measured
from graphcascade.experiments.kind import Details, ExperimentKind, register_kind
from graphcascade.experiments.kinds.ranking import RankingCase, make_ranking_model, make_ranking_trainer
from graphcascade.experiments.kinds.ranking_row import RankingRow
from graphcascade.experiments.open_data import open_retweets
from graphcascade.models.ranking import FactorModel
from graphcascade.report import plot_epochs

__all__ = ["RANKING_CONVERGENCE", "draw_convergence", "measure_convergence"]

METRICS = ("objective, first epoch", "objective, last epoch", "epochs", "seconds per epoch", "minutes")
CONVERGED = 0.01
"""An objective has converged when only this share of its whole fall is left."""


def measure_convergence(case: RankingCase) -> Measured:
    """Measures the objective and the seconds of each epoch (AMNL paper, Fig. 4), without validation.

    The objective is the mean over all preference triples (the paper plots the sum), while their epoch is trained.
    Seconds are those of training and of the checkpoint after each epoch.
    """
    row = case.row
    protocol = RankingProtocol(candidates=row.candidate_sets[0])
    train, _, _ = case.dataset.splits(row.train_shares[0])
    run = case.run("ranking convergence", train, asdict(protocol), lambda: _measure(case, protocol, train))
    objective, seconds = run["objective"], run["epoch seconds"]
    limit = min(objective) + CONVERGED * (objective[0] - min(objective))
    converged = next(number for number, value in enumerate(objective, start=1) if value <= limit)
    figures = {
        "objective, first epoch": objective[0],
        "objective, last epoch": objective[-1],
        "epochs": float(converged),
        "seconds per epoch": median(seconds),
        "minutes": sum(seconds[:converged]) / 60,
    }
    words = f"all training retweets of a share of {100 * row.train_shares[0]:g} %"
    return Measured(figures, words, "", run["seconds"], run["code"], {"objective": objective, "seconds": seconds})


def _measure(case: RankingCase, protocol: RankingProtocol, train: RetweetNetwork) -> dict[str, Any]:
    model = make_ranking_model(case, train)
    assert isinstance(model, FactorModel)  # checked when the file is read
    seconds = []
    with tempfile.TemporaryDirectory(prefix="graphcascade-") as folder:
        epochs = make_ranking_trainer(case, protocol).max_epochs
        for number in range(1, epochs + 1):
            trainer = make_ranking_trainer(case, protocol, max_epochs=number, patience=None, directory=folder)
            start = time.perf_counter()
            trainer.fit(model, train, resume=number > 1)
            seconds.append(time.perf_counter() - start)
        log = pd.read_csv(Path(folder) / "logs" / "metrics.csv")
    return {"objective": log["train_loss"].dropna().tolist(), "epoch seconds": seconds}


def draw_convergence(figures: pd.DataFrame, title: str, details: Details) -> Figure:
    """Draws the objective and the time after each epoch (AMNL paper, Fig. 4)."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    objective, running = figure.subplots(1, 2)
    plot_epochs({row: entry["objective"] for row, entry in details.items()}, objective, "objective per triple")
    times = {row: pd.Series(entry["seconds"]).cumsum().tolist() for row, entry in details.items()}
    plot_epochs(times, running, "running time (s)")
    objective.legend(frameon=False, fontsize=9)
    figure.suptitle(title, fontsize=11)
    return figure


RANKING_CONVERGENCE = register_kind(
    ExperimentKind(
        "ranking convergence",
        RankingRow,
        measure_convergence,
        draw_convergence,
        settings=frozenset({"simulated"}),
        fixed_settings=frozenset({"protocol", "patience"}),
        models=(FactorModel,),
        metrics=lambda _: METRICS,
        open=open_retweets,
        reads_folders=True,
    )
)
