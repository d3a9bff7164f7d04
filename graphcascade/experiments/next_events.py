"""Who comes next, when, and because of whom: what the CYAN-RNN paper measures, on a split with a validation part."""

from __future__ import annotations

import math
from dataclasses import replace
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
from graphcascade.loader import CascadeLoader
from graphcascade.models import DiffusionModel, HawkesProcess, Netrate, PoissonProcess, TrueHazards, make_model
from graphcascade.models.fittable_model import FittableModel
from graphcascade.models.model import Model
from graphcascade.models.next_user import AttributionKind, NextUserModel, NextUserPredictor
from graphcascade.models.point_process import PointProcess
from graphcascade.report import example_cascade
from graphcascade.trainers import NextUserTrainer

__all__ = ["measure_events"]

PROTOCOL = PROTOCOLS["cyan"]
PROCESSES: dict[str, type[PointProcess]] = {"Poisson": PoissonProcess, "Hawkes": HawkesProcess}
CEILING = "TrueHazards"


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
        "seed": case.seed,
    }
    found = case.runs.get(key, lambda: _measure(case, train, val, test))
    figures, details = dict(found["figures"]), {"example": found["example"]}
    network = found["networks"].get(row.reading)
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
    protocol = replace(PROTOCOL, mask_infected=row.arguments.get("mask_infected", False))  # evaluate() says it, too
    return Measured(figures, str(protocol), "", found["seconds"], found["code"], details)


def _measure(case: Case, train: CascadeDataset, val: CascadeDataset, test: CascadeDataset) -> dict[str, Any]:
    model = _trained(case, train, val)
    figures: dict[str, float] = {}
    predictor = model
    if isinstance(model, DiffusionModel):
        assert isinstance(model, Netrate)
        predictor = _hazards(model, train)
    if isinstance(predictor, NextUserPredictor):
        ranked = evaluate(predictor, test, PROTOCOL, case.seed)
        figures |= {name: ranked[name] for name in ("Hit@1", "Hit@5", "MRR")}
    if isinstance(predictor, PointProcess | TrueHazards) or getattr(predictor, "time_head", None) is not None:
        assert isinstance(predictor, NextUserModel | PointProcess | TrueHazards)
        timed = evaluate_times(predictor, test, case.seed)
        figures |= {"RMSE": timed["RMSE"], "MAE of median": timed.value("MAE", answer="median")}
        figures["log-likelihood"] = timed["log-likelihood"]
    networks = {} if train.true_graph is None else _networks(case, model, train)
    return {"figures": figures, "example": _example(model, test), "networks": networks}


def _trained(case: Case, train: CascadeDataset, val: CascadeDataset) -> Model | None:
    row = case.row
    if row.model is None:  # the event before is held responsible
        return None
    if row.model == CEILING:
        return TrueHazards.from_dataset(case.dataset)
    if row.model in PROCESSES:
        return PROCESSES[row.model](**row.arguments).fit(train)
    torch.manual_seed(case.seed)
    model = make_model(row.model, train.num_users, row.arguments)
    if not isinstance(model, NextUserModel):
        assert isinstance(model, FittableModel)
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
    found.trained_on = model.trained_on
    return found


def _networks(case: Case, model: Model | None, train: CascadeDataset) -> dict[str, Any]:
    """Each way to read a network from the model: its links, those that it keeps itself, and who infected whom."""
    if isinstance(model, Netrate):
        pruned = Netrate(**(model.config | {"prune": True}))
        return {"alignment": {"whole": _links(model.graph), "kept": _links(pruned.fit(train).graph), "parents": {}}}
    readings: list[AttributionKind] = ["alignment"]
    found: dict[str, Any] = {}
    if isinstance(model, TrueHazards):
        readings.append("posterior")
    elif isinstance(model, NextUserModel) and case.row.model == "CYANRNN":
        readings += ["posterior", "likelihood"] if case.row.arguments.get("readout") == "context" else []
    elif model is not None:
        return found
    for reading in readings:
        parent = infer_parents(model, train, reading)
        accuracy = {"who infected whom": parent_accuracy(parent, train), "the last event": _last(parent, train)}
        found[reading] = {"whole": _links(count_links(parent, train)), "parents": accuracy}
    return found


def _last(parent: Tensor, train: CascadeDataset) -> float:
    """How often the event just before is held responsible."""
    position = segment_positions(train.table.ptr)
    return float((parent == position - 1)[position > 0].double().mean())


def _links(graph: Data) -> list[list[float]]:
    """Who infects whom, and the weight."""
    weight = graph["edge_weight"].tolist()
    return [[*pair, value] for pair, value in zip(_edges(graph), weight, strict=True)]


def _graph(links: list[list[float]], users: int) -> Data:
    table = torch.tensor(links, dtype=torch.float64).view(-1, 3)
    return Data(edge_index=table[:, :2].long().t(), edge_weight=table[:, 2], num_nodes=users)


def _edges(graph: Data) -> list[list[int]]:
    edges: list[list[int]] = graph["edge_index"].t().tolist()
    return edges


def _example(model: Model | None, test: CascadeDataset) -> dict[str, Any]:
    """A cascade of middling length with the model's alignment."""
    if not isinstance(model, NextUserModel | TrueHazards):
        return {}
    one = test.copy([example_cascade(test)])
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
