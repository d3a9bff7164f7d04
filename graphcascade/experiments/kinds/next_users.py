from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import torch

from graphcascade.data import CascadeDataset, head_sources
from graphcascade.evaluation import PROTOCOLS, NextUserProtocol, evaluate, find_protocol
from graphcascade.experiments.best_candidate import fit_best_candidate
from graphcascade.experiments.case import Case, Measured
from graphcascade.experiments.experiment import Experiment
from graphcascade.experiments.fitting import fit_predictor
from graphcascade.experiments.kind import ExperimentKind, register_kind
from graphcascade.experiments.search_row import SearchRow
from graphcascade.models.next_user import NextUserPredictor

__all__ = ["NEXT_USERS", "PROTOCOL", "measure_next_users", "split_protocol"]

PROTOCOL = PROTOCOLS["dssf"]
GROUPS = ("", " head", " tail")
"""All test cascades, those whose source has many training cascades, and those whose source has few."""


def split_protocol(experiment: Experiment, num_users: int) -> NextUserProtocol:
    """Returns the protocol of the DSSF paper with the experiment's split.

    A figure such as Hit@100 is left out with a warning if there are fewer users.
    """
    assert experiment.split is not None  # checked when the file is read
    return replace(find_protocol(PROTOCOL.name, num_users), split=experiment.split)


def measure_next_users(case: Case[SearchRow]) -> Measured:
    """Measures the ranks of the next users in percent (DSSF, Table 2, Fig. 5 and 6).

    A random split is another one for each seed. The settings of a row are those of the best MRR on the validation part
    of the same split. A row without a model gives an upper bound of all models: the share of the next users who are in
    the training cascades.
    """
    protocol = split_protocol(case.experiment, case.dataset.num_users)
    train, val, test = protocol.prepare(case.dataset, seed=case.seed)
    run = case.run("next users", test, asdict(protocol), lambda: _measure(case, protocol, train, val, test))
    return Measured(run["figures"], str(protocol), run["chosen"], run["seconds"], run["code"])


def _measure(
    case: Case[SearchRow], protocol: NextUserProtocol, train: CascadeDataset, val: CascadeDataset, test: CascadeDataset
) -> dict[str, Any]:
    row = case.row
    metrics = _metrics(protocol)
    if row.model is None:
        return {"figures": dict.fromkeys(metrics, _share_of_seen_users(train, test)), "chosen": ""}
    best, chosen = fit_best_candidate(
        case,
        lambda candidate: fit_predictor(candidate, train, val, protocol),
        lambda model: 100 * evaluate(model, val, protocol, case.seed)["MRR"],
        "{:.1f}",
    )
    is_head = head_sources(train)[test.table.user[test.table.ptr[:-1]]]
    figures: dict[str, float] = {}
    for group, kept in zip(GROUPS, (torch.ones_like(is_head), is_head, ~is_head), strict=True):
        cascades = test.copy(kept.nonzero().view(-1).tolist())
        if bool((cascades.table.size > 1).any()):
            result = evaluate(best, cascades, protocol, case.seed)
            figures |= {f"{name}{group}": 100 * result[name] for name in metrics}
    return {"figures": figures, "chosen": chosen}


def _metrics(protocol: NextUserProtocol) -> list[str]:
    return ["MRR", *(f"Hit@{k}" for k in protocol.ks)]


def _share_of_seen_users(train: CascadeDataset, test: CascadeDataset) -> float:
    """The share of the next users that are in the training cascades, in percent."""
    table = test.table
    is_next = torch.ones(table.num_events, dtype=torch.bool)
    is_next[table.ptr[:-1][table.size > 0]] = False
    return 100 * float(train.seen[table.user[is_next]].double().mean())


NEXT_USERS = register_kind(
    ExperimentKind(
        "next users",
        SearchRow,
        measure_next_users,
        settings=frozenset({"split"}),
        fixed_settings=frozenset({"protocol"}),
        models=(NextUserPredictor,),
        metrics=lambda _: [f"{name}{group}" for group in GROUPS for name in _metrics(PROTOCOL)],
    )
)
