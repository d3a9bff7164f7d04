"""Next user, next time and who infected whom, as the CYAN-RNN paper measures them, on a split with validation."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.analysis import count_links, edge_report, infer_parents, keep_links, parent_accuracy
from graphcascade.data import CascadeDataset
from graphcascade.data.segments import segment_positions
from graphcascade.errors import UsageError
from graphcascade.evaluation import PROTOCOLS, evaluate, evaluate_times
from graphcascade.experiments.case import Case, Measured
from graphcascade.experiments.fitting import fit_model
from graphcascade.experiments.kind import ExperimentKind, register_kind
from graphcascade.experiments.kinds.event_pictures import draw_alignments, draw_networks
from graphcascade.experiments.model_row import ModelRow
from graphcascade.experiments.row import SELECTION
from graphcascade.loader import CascadeLoader
from graphcascade.models import DiffusionModel, TrueHazards
from graphcascade.models.model import Model
from graphcascade.models.next_user import AttributionKind, NextUserPredictor
from graphcascade.report import example_cascade

__all__ = ["EVENTS", "PROTOCOL", "EventsRow", "measure_events"]

PROTOCOL = PROTOCOLS["cyan"]
METRICS = (
    *("Hit@1", "Hit@5", "MRR", "RMSE", "MAE of median", "log-likelihood"),
    *("precision", "recall", "F1", "AUC", "best F1", "who infected whom", "the last event"),
)


@dataclass(frozen=True, kw_only=True)
class EventsRow(ModelRow):
    """A row with predictions of the next event, and with the network behind the cascades.

    Without a model, each event is attributed to the event just before it.

    Args:
        attribution: How an event is attributed to an earlier one, see :func:`~graphcascade.analysis.infer_parents`.
    """

    attribution: AttributionKind = field(default="alignment", metadata=SELECTION)


def measure_events(case: Case[EventsRow]) -> Measured:
    """Measures next user, next time, and the network behind the cascades (CYAN-RNN paper, Sections 4.2 to 4.4).

    A tenth of the cascades is held out for the early end of training, and a tenth for the test. Networks are inferred
    from the training cascades, where the true network is known.
    """
    row = case.row
    train, val, test = case.dataset.splits("random", seed=0)
    run = case.run("events", test, asdict(PROTOCOL), lambda: _measure(case, train, val, test))
    figures, details = dict(run["figures"]), {"example": run["example"]}
    network = run["networks"].get(row.attribution)
    if network is None and row.attribution != "alignment":
        missing = f"{row.model} has no such attribution" if run["networks"] else "there is no network to compare with"
        raise UsageError(f"row {row.name!r} sets attribution: {row.attribution}, but {missing}.")
    if network is not None:
        true = case.dataset.true_graph
        assert true is not None
        whole = _graph(network["whole"], train.num_users)
        kept = _graph(network["kept"], train.num_users) if "kept" in network else keep_links(whole, train)
        report = edge_report(kept, true)
        figures |= {"precision": report.precision, "recall": report.recall, "F1": report.f1}
        ranked = edge_report(whole, true)
        figures |= {"AUC": ranked.auc, "best F1": ranked.best_f1, **network["parents"]}
        details |= {"true": _edges(true), "links": _edges(kept)}
    protocol = replace(PROTOCOL, mask_infected=row.arguments.get("mask_infected", False))  # as evaluate() reports it
    return Measured(figures, str(protocol), "", run["seconds"], run["code"], details)


def _measure(case: Case[EventsRow], train: CascadeDataset, val: CascadeDataset, test: CascadeDataset) -> dict[str, Any]:
    model = None if case.row.model is None else fit_model(case, train, val, protocol=PROTOCOL, monitor="loss")
    figures: dict[str, float] = {}
    predictor = model
    if isinstance(model, DiffusionModel):
        predictor = _hazards(model, train)
    if isinstance(predictor, NextUserPredictor):
        ranked = evaluate(predictor, test, PROTOCOL, case.seed)
        figures |= {name: ranked[name] for name in ("Hit@1", "Hit@5", "MRR")}
    if predictor is not None and predictor.predicts_intervals:
        timed = evaluate_times(predictor, test, case.seed)
        figures |= {"RMSE": timed["RMSE"], "MAE of median": timed.value("MAE", answer="median")}
        figures["log-likelihood"] = timed["log-likelihood"]
    networks = {} if train.true_graph is None else _infer_networks(model, train)
    return {"figures": figures, "example": _example(model, test), "networks": networks}


def _hazards(model: DiffusionModel, train: CascadeDataset) -> TrueHazards:
    """Predicts as if the inferred network were the true one."""
    if model.delays not in ("exponential", "rayleigh"):
        name = type(model).__name__
        raise UsageError(
            f"{name} has {model.delays} delays; the next event is predicted from exponential or rayleigh ones."
        )
    hazards = TrueHazards(model.graph, model.delays, train.table.horizon or math.inf)
    hazards.remember(train)
    return hazards


def _infer_networks(model: Model | None, train: CascadeDataset) -> dict[str, Any]:
    """For each attribution: all links, those that the model keeps itself, and how often the parents are right."""
    if isinstance(model, DiffusionModel):
        can_prune = "prune" in model.config
        pruned = type(model)(**(model.config | {"prune": True})).fit(train) if can_prune else model
        return {"alignment": {"whole": _links(model.graph), "kept": _links(pruned.graph), "parents": {}}}
    if model is not None and not isinstance(model, NextUserPredictor):
        return {}
    networks: dict[str, Any] = {}
    for attribution in ("alignment",) if model is None else model.attributions:
        parent = infer_parents(model, train, attribution)
        accuracy = {"who infected whom": parent_accuracy(parent, train), "the last event": _share_last(parent, train)}
        networks[attribution] = {"whole": _links(count_links(parent, train)), "parents": accuracy}
    return networks


def _share_last(parent: Tensor, train: CascadeDataset) -> float:
    """The share of events that are attributed to the event just before."""
    position = segment_positions(train.table.ptr)
    return float((parent == position - 1)[position > 0].double().mean())


def _links(graph: Data) -> list[list[float]]:
    """Source, target and weight of each edge."""
    weight = graph["edge_weight"].tolist()
    return [[*pair, value] for pair, value in zip(_edges(graph), weight, strict=True)]


def _graph(links: list[list[float]], users: int) -> Data:
    table = torch.tensor(links, dtype=torch.float64).view(-1, 3)
    return Data(edge_index=table[:, :2].long().t(), edge_weight=table[:, 2], num_nodes=users)


def _edges(graph: Data) -> list[list[int]]:
    edges: list[list[int]] = graph["edge_index"].t().tolist()
    return edges


def _example(model: Model | None, test: CascadeDataset) -> dict[str, Any]:
    """A cascade of medium length with the model's alignment."""
    if not isinstance(model, NextUserPredictor) or "alignment" not in model.attributions:
        return {}
    example = test.copy([example_cascade(test)])
    (batch,) = CascadeLoader(example, batch_size=1)
    with torch.no_grad():
        graph = model.eval().align(batch)
    table = example.table
    return {
        "user": table.user.tolist(),
        "time": table.time.tolist(),
        "parent": None if table.parent is None else table.parent.tolist(),
        "edges": graph["edge_index"].t().tolist(),
        "weight": graph["edge_weight"].tolist(),
    }


EVENTS = register_kind(
    ExperimentKind(
        "events",
        EventsRow,
        measure_events,
        pictures={"alignments": draw_alignments, "networks": draw_networks},
        fixed_settings=frozenset({"protocol", "monitor"}),
        models=(NextUserPredictor, DiffusionModel),
        metrics=lambda _: METRICS,
    )
)
