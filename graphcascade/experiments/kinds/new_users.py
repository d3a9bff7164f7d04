from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import torch
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.evaluation import PROTOCOLS, NextUserProtocol, evaluate, find_protocol, rank_next_users
from graphcascade.experiments.best_candidate import fit_best_candidate
from graphcascade.experiments.case import Case, Measured
from graphcascade.experiments.experiment import Experiment
from graphcascade.experiments.fitting import fit_predictor
from graphcascade.experiments.kind import ExperimentKind, register_kind
from graphcascade.experiments.search_row import SearchRow
from graphcascade.metrics import hits, reciprocal_ranks
from graphcascade.models.next_user import NextUserPredictor

__all__ = ["NEW_USERS"]

PROTOCOL = replace(PROTOCOLS["new-users"], max_length=100)
GROUPS = ("", " seen", " unseen", " after unseen")
"""All next users; those in the training cascades, and those who are not; next users after one who is not."""


def _split_protocol(experiment: Experiment, num_users: int) -> NextUserProtocol:
    assert experiment.split is not None  # checked when the file is read
    ks = find_protocol(PROTOCOLS["new-users"].name, num_users).ks
    return replace(PROTOCOL, split=experiment.split, ks=ks)


def measure_new_users(case: Case[SearchRow]) -> Measured:
    """Measures the ranks of the next users in percent, where users without training cascades are ranked like any other.

    The settings of a row are those of the best MRR of all next users on the validation part of the same split.
    """
    protocol = _split_protocol(case.experiment, case.dataset.num_users)
    train, val, test = protocol.prepare(case.dataset, seed=case.seed)
    run = case.run("new users", test, asdict(protocol), lambda: _measure(case, protocol, train, val, test))
    return Measured(run["figures"], str(protocol), run["chosen"], run["seconds"], run["code"])


def _measure(
    case: Case[SearchRow], protocol: NextUserProtocol, train: CascadeDataset, val: CascadeDataset, test: CascadeDataset
) -> dict[str, Any]:
    best, chosen = fit_best_candidate(
        case,
        lambda candidate: fit_predictor(candidate, train, val, protocol),
        lambda model: 100 * evaluate(model, val, protocol, case.seed)["MRR"],
        "{:.2f}",
    )
    rank, seen, _ = rank_next_users(best, test, protocol)
    table = test.table
    is_last = torch.zeros(table.num_events, dtype=torch.bool)
    is_last[table.ptr[1:] - 1] = True
    after = ~train.seen[table.user[~is_last]]
    figures: dict[str, float] = {}
    values: dict[str, Tensor] = {"MRR": reciprocal_ranks(rank), **{f"Hit@{k}": hits(rank, k) for k in protocol.ks}}
    for group, chosen_rows in zip(GROUPS, (torch.ones_like(seen), seen, ~seen, after), strict=True):
        if bool(chosen_rows.any()):
            figures |= {f"{name}{group}": 100 * float(value[chosen_rows].mean()) for name, value in values.items()}
    return {"figures": figures, "chosen": chosen}


NEW_USERS = register_kind(
    ExperimentKind(
        "new users",
        SearchRow,
        measure_new_users,
        settings=frozenset({"split"}),
        fixed_settings=frozenset({"protocol"}),
        models=(NextUserPredictor,),
        metrics=lambda _: [
            f"{name}{group}" for group in GROUPS for name in ("MRR", *(f"Hit@{k}" for k in PROTOCOL.ks))
        ],
    )
)
