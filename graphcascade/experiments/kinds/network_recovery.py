"""How well networks are recovered from different numbers of simulated cascades."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from matplotlib.figure import Figure
from torch_geometric.data import Data

from graphcascade.analysis import count_links, edge_report, infer_parents, keep_links, link_evidence
from graphcascade.data import CascadeDataset
from graphcascade.data.sorted_keys import find_keys
from graphcascade.datasets import DATASETS
from graphcascade.errors import UsageError
from graphcascade.experiments.case import Case, Measured
from graphcascade.experiments.experiment import Experiment
from graphcascade.experiments.fitting import fit_model
from graphcascade.experiments.kind import Details, ExperimentKind, register_kind
from graphcascade.experiments.kinds.panels import make_panels
from graphcascade.experiments.model_row import ModelRow
from graphcascade.experiments.row import SELECTION, Row
from graphcascade.models import DiffusionModel
from graphcascade.models.diffusion.rate_model import RateModel
from graphcascade.report import plot_size_curves

__all__ = ["NETWORK_RECOVERY", "NetworkRecoveryRow", "draw_recovery", "measure_recovery", "rate_error"]

METRICS = ("precision", "recall", "AUC", "AUC by weight", "rate error")


@dataclass(frozen=True, kw_only=True)
class NetworkRecoveryRow(ModelRow):
    """A row about the recovery of the network behind cascades.

    Without a model, each infection is attributed to the event just before it.

    Args:
        numbers: Numbers of cascades that the network is inferred from: the first ones of the dataset.
    """

    numbers: tuple[int, ...] = field(default=(50, 200, 1000, 5000), metadata=SELECTION)

    def check(self) -> None:
        if not self.numbers or min(self.numbers) < 1:
            raise UsageError(argument="numbers", value=self.numbers, reason="give one or more, each at least 1")
        if self.model is None:
            names = {entry.name for entry in fields(ModelRow)} - {entry.name for entry in fields(Row)}
            self.require_unset(names, "the row has no model")
        else:
            super().check()


def open_networks(experiment: Experiment, name: str, root: Path) -> list[list[CascadeDataset]]:
    """Simulates another network and other cascades for each seed.

    Raises:
        UsageError: The dataset is not simulated on a network of a seed.
    """
    if name not in DATASETS or "network_seed" not in inspect.signature(DATASETS[name]).parameters:
        known = ", ".join(key for key in DATASETS if "network_seed" in inspect.signature(DATASETS[key]).parameters)
        raise UsageError(f"{experiment.name}: {name} is not simulated on networks of a seed; use one of {known}.")
    return [[DATASETS[name](network_seed=seed, seed=seed) for seed in range(experiment.seeds)]]


def measure_recovery(case: Case[NetworkRecoveryRow]) -> Measured:
    """Compares the network that is inferred from the first cascades with the true one, for each number of cascades."""
    figures: dict[str, float] = {}
    seconds = 0.0
    code = set()
    for number in case.row.numbers:
        if number > len(case.dataset):
            raise UsageError(f"row {case.row.name!r}: {case.name} has {len(case.dataset):,} cascades, not {number:,}.")
        part = case.dataset.copy(list(range(number)))
        run = case.run("network recovery", part, {}, lambda part=part: _measure(case, part))  # type: ignore[misc]
        figures |= {f"{metric}, {number}": value for metric, value in run["figures"].items()}
        seconds += run["seconds"]
        code.add(run["code"])
    words = "all links that the model infers; each seed has another network and other cascades"
    return Measured(figures, words, "", seconds, ", ".join(sorted(code)))


def _measure(case: Case[NetworkRecoveryRow], part: CascadeDataset) -> dict[str, Any]:
    true = case.dataset.true_graph
    assert true is not None  # the dataset is simulated
    if case.row.model is None:
        counts = count_links(infer_parents(None, part), part)
        model, kept, whole = None, keep_links(counts, part), link_evidence(counts, part)
    else:
        model = fit_model(case, part)
        assert isinstance(model, DiffusionModel)  # checked when the file is read
        kept, whole = model.graph, link_evidence(model.graph, part, model)
    report = edge_report(kept, true)
    figures = {"precision": report.precision, "recall": report.recall}
    figures |= {"AUC": edge_report(whole, true).auc}
    weights = Data(edge_index=whole.edge_index, edge_weight=whole.edge_weight, num_nodes=whole.num_nodes)
    figures |= {"AUC by weight": edge_report(weights, true).auc}
    if isinstance(model, RateModel):
        figures["rate error"] = rate_error(kept, true)
    return {"figures": figures}


def rate_error(inferred: Data, true: Data) -> float:
    """Returns the median of ``|inferred rate - rate| / rate`` over the true links; a missing link has the rate 0.

    The NetRate paper has the mean, which a few links with little data determine.

    Args:
        inferred: The inferred network, with rates as ``edge_weight`` and sorted edges.
        true: The true network, with rates as ``edge_weight``.
    """
    users = int(true.num_nodes or 0)
    key, wanted = (graph["edge_index"][0] * users + graph["edge_index"][1] for graph in (inferred, true))
    place, present = find_keys(key, wanted)
    rate = torch.zeros(wanted.numel(), dtype=torch.float64)
    rate[present] = inferred["edge_weight"].double()[place[present]]
    own = true["edge_weight"].double()
    return float(((rate - own).abs() / own).quantile(0.5))


def draw_recovery(figures: pd.DataFrame, title: str, details: Details) -> Figure:
    """Draws each metric against the number of cascades, with a line for each row."""
    split = figures["metric"].str.rsplit(", ", n=1, expand=True)
    figures = figures.assign(metric=split[0], size=split[1].astype(int))
    metrics = list(dict.fromkeys(figures["metric"]))
    figure, axes = make_panels(len(metrics), 3.6)
    for ax, metric in zip(axes, metrics, strict=True):
        label = "rate error (median)" if metric == "rate error" else metric
        plot_size_curves(figures[figures["metric"] == metric], ax, "cascades", label)
        if metric != "rate error":
            ax.set_ylim(0, 1.03)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    figure.suptitle(title, fontsize=11)
    return figure


def _metrics(experiment: Experiment) -> list[str]:
    numbers = [number for row in experiment.rows if isinstance(row, NetworkRecoveryRow) for number in row.numbers]
    return [f"{metric}, {number}" for metric in METRICS for number in dict.fromkeys(numbers)]


NETWORK_RECOVERY = register_kind(
    ExperimentKind(
        "network recovery",
        NetworkRecoveryRow,
        measure_recovery,
        draw_recovery,
        models=(DiffusionModel,),
        metrics=_metrics,
        open=open_networks,
    )
)
