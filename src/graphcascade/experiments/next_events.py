"""Who comes next, when, and because of whom: what the CYAN-RNN paper measures, on a split with a validation part."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.analysis import count_links, edge_report, infer_parents, parent_accuracy
from graphcascade.data import CascadeDataset
from graphcascade.data.segments import segment_positions
from graphcascade.errors import UsageError
from graphcascade.evaluation import PROTOCOLS, evaluate, evaluate_times
from graphcascade.experiments.case import Case, Measured
from graphcascade.loader import CascadeLoader
from graphcascade.models import DiffusionModel, Netrate, TrueHazards, make_model
from graphcascade.models.next_user import CountingModel, NextUserModel, Reading, ScoringModel
from graphcascade.models.point_process import HawkesProcess, PointProcess, PoissonProcess
from graphcascade.trainers import NextUserTrainer

__all__ = ["measure_events"]

PROTOCOL = PROTOCOLS["cyan"]
SHARE = 0.02  # of a user's infections, that a link must explain; chosen on a network that no experiment uses
EXAMPLE = 14  # users in the cascade whose alignment is drawn, at most
PROCESSES: dict[str, type[PointProcess]] = {"Poisson": PoissonProcess, "Hawkes": HawkesProcess}
CEILING = "TrueHazards"

Model = NextUserModel | ScoringModel | DiffusionModel | PointProcess | None


def measure_events(case: Case) -> Measured:
    """Next user, next time, and the network behind the cascades (CYAN-RNN paper, Sections 4.2 to 4.4).

    A tenth of the cascades is held out for the early end of training, and a tenth for the test. Networks are inferred
    from the training cascades, where the truth is known.
    """
    row = case.row
    train, val, test = case.dataset.splits("random", seed=0)
    assert test.split is not None
    key = {
        "events": test.split.digest,
        "model": row.model,
        "arguments": row.arguments,
        "trainer": row.trainer,
        "protocol": str(PROTOCOL),
        "share": SHARE,
        "seed": case.seed,
    }
    found = case.runs.get(key, lambda: _measure(case, train, val, test))
    figures = {}
    for name, value in found["figures"].items():
        metric, _, reading = name.partition(", ")
        if reading in ("", row.reading):
            figures[metric] = value
    details = {name: found["details"].get(name) for name in ("true", "example")}
    details["links"] = found["details"].get(row.reading)
    return Measured(figures, str(PROTOCOL), "", found["seconds"], found["code"], details)


def _measure(case: Case, train: CascadeDataset, val: CascadeDataset, test: CascadeDataset) -> dict[str, Any]:
    model = _trained(case, train, val)
    figures: dict[str, float] = {}
    details: dict[str, Any] = {}
    predictor = model
    if isinstance(model, DiffusionModel):
        assert isinstance(model, Netrate)
        predictor = _hazards(model, train)
    if isinstance(predictor, NextUserModel | ScoringModel):
        ranked = evaluate(predictor, test, PROTOCOL, case.seed)
        figures |= {name: ranked[name] for name in ("Hit@1", "Hit@5", "MRR")}
    if isinstance(predictor, PointProcess | TrueHazards) or getattr(predictor, "time_head", None) is not None:
        assert isinstance(predictor, NextUserModel | PointProcess | TrueHazards)
        timed = evaluate_times(predictor, test, case.seed)
        figures |= {name: timed[name] for name in ("RMSE", "MAE of median", "log-likelihood")}
    true = case.dataset.true_graph
    if true is not None:
        details["true"] = _edges(true)
        details["example"] = _example(model, test)
        for reading, graph, whole, parent in _networks(case, model, train):
            report, ranking = edge_report(graph, true), edge_report(whole, true)
            one = {"precision": report.precision, "recall": report.recall, "F1": report.f1, "AUC": ranking.auc}
            if parent is not None:
                one["who infected whom"] = parent_accuracy(parent, train)
                one["the last event"] = _last(parent, train)
            figures |= {f"{name}, {reading}": value for name, value in one.items()}
            details[reading] = _edges(graph)
    return {"figures": figures, "details": details}


def _trained(case: Case, train: CascadeDataset, val: CascadeDataset) -> Model:
    row = case.row
    if row.model is None:  # the event before is held responsible
        return None
    if row.model == CEILING:
        return TrueHazards.of(case.dataset)
    if row.model in PROCESSES:
        return PROCESSES[row.model](**row.arguments).fit(train)
    torch.manual_seed(case.seed)
    model = make_model(row.model, train.num_users, row.arguments)
    if not isinstance(model, NextUserModel):
        assert isinstance(model, CountingModel | DiffusionModel)
        model.fit(train)
        return model
    trainer = NextUserTrainer(protocol=PROTOCOL, monitor="loss", seed=case.seed, progress=case.progress, **row.trainer)
    return trainer.fit(model, train, val)


def _hazards(model: Netrate, train: CascadeDataset) -> TrueHazards:
    """Predicts as if what was inferred were the truth."""
    if model.delays not in ("exponential", "rayleigh"):
        raise UsageError(f"Netrate with {model.delays} delays has no prediction of the next user here.")
    found = TrueHazards(model.graph, model.delays, train.table.horizon or math.inf)
    found.user_ids, found.split, found.seen = model.user_ids, model.split, model.seen
    return found


def _networks(case: Case, model: Model, train: CascadeDataset) -> Iterator[tuple[Reading, Data, Data, Tensor | None]]:
    """Each way to read a network from the model: above the threshold, whole, and who infected whom."""
    if isinstance(model, Netrate):
        pruned = Netrate(**(model.config | {"prune": True}))
        yield "alignment", pruned.fit(train), model.graph, None
        return
    readings: list[Reading] = ["alignment"]
    if isinstance(model, TrueHazards):
        readings.append("posterior")
    elif isinstance(model, NextUserModel):
        if case.row.model != "CYANRNN":
            return
        if case.row.arguments.get("readout") == "context":
            readings += ["posterior", "likelihood"]
    elif model is not None:
        return
    for reading in readings:
        parent = infer_parents(model, train, reading)
        yield reading, count_links(parent, train, SHARE), count_links(parent, train, 0), parent


def _last(parent: Tensor, train: CascadeDataset) -> float:
    """How often the event just before is held responsible."""
    position = segment_positions(train.table.ptr)
    return float((parent == position - 1)[position > 0].double().mean())


def _edges(graph: Data) -> list[list[int]]:
    edges: list[list[int]] = graph["edge_index"].t().tolist()
    return edges


def _example(model: Model, test: CascadeDataset) -> dict[str, Any]:
    """A cascade of middling length with the model's alignment."""
    if not isinstance(model, NextUserModel | TrueHazards):
        return {}
    size = test.table.size
    one = test.copy([int(size.masked_fill(size > EXAMPLE, 0).argmax())])
    (batch,) = CascadeLoader(one, batch_size=1)
    try:
        with torch.no_grad():
            graph = model.eval().align(batch)
    except UsageError:
        return {}
    table = one.table
    return {
        "user": table.user.tolist(),
        "time": table.time.tolist(),
        "parent": None if table.parent is None else table.parent.tolist(),
        "edges": graph["edge_index"].t().tolist(),
        "weight": graph["edge_weight"].tolist(),
    }
