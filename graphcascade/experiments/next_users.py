from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import torch

from graphcascade.analysis import source_map
from graphcascade.data import CascadeDataset, head_sources
from graphcascade.errors import UsageError
from graphcascade.evaluation import PROTOCOLS, NextUserProtocol, evaluate
from graphcascade.experiments.case import Case, Measured
from graphcascade.models import make_model
from graphcascade.models.next_user import CountingModel, NextUserModel, NextUserPredictor
from graphcascade.nn import SourceFusion
from graphcascade.trainers import AdversarialTrainer, NextUserTrainer

__all__ = ["measure_next_users", "measure_source_map"]

PROTOCOL = PROTOCOLS["dssf"]
PARTS = ("", " head", " tail")  # all test cascades, and those whose source has many in training, or few


def measure_next_users(case: Case) -> Measured:
    """Ranks of the next users in percent (DSSF, Table 2, Fig. 5 and 6); with a random split each seed has one anew.

    A row's settings are those of the best MRR on the validation part of the same split. The row "seen" is what nobody
    can exceed: the share of the next users who are in the training cascades.
    """
    row = case.row
    if case.experiment.split is None:
        raise UsageError(f"{case.experiment.name}: name a split: random, chronological or files.")
    protocol = replace(PROTOCOL, split=case.experiment.split)
    train, val, test = protocol.prepare(case.dataset, seed=case.seed)
    assert test.split is not None
    key = {
        "next users": test.split.digest,
        "model": row.model,
        "arguments": row.arguments,
        "fusion": row.fusion,
        "trainer": row.trainer,
        "adversary": row.adversary,
        "choose": row.choose,
        "choose_trainer": row.choose_trainer,
        "protocol": str(protocol),
        "seed": case.seed,
    }
    found = case.runs.get(key, lambda: _measure(case, protocol, train, val, test))
    return Measured(found["figures"], str(protocol), found["chosen"], found["seconds"], found["code"])


def measure_source_map(case: Case) -> Measured:
    """The sources as a model with source fusion sees them, and the mean attention to head and tail sources.

    The mean attention is over the events of the training cascades, to the source of the cascade.
    """
    assert case.experiment.split is not None
    protocol = replace(PROTOCOL, split=case.experiment.split)
    train, val, _ = protocol.prepare(case.dataset, seed=case.seed)
    assert train.split is not None
    row = case.row

    def measure() -> dict[str, Any]:
        model = _fitted(case, train, val, {}, {})
        assert isinstance(model, NextUserModel)
        frame = source_map(model, train)
        figures = dict(zip(("explained 1", "explained 2"), frame.attrs["explained"], strict=True))
        if isinstance(model.embedding, SourceFusion) and model.embedding.bilinear is not None:
            table = train.table
            source = table.user[table.ptr[:-1]]
            share = _attention(model.embedding, table.user, source.repeat_interleave(table.size))
            head = head_sources(train)[source].repeat_interleave(table.size)
            figures |= {"attention head": float(share[head].mean()), "attention tail": float(share[~head].mean())}
        return {"figures": figures, "map": frame.to_dict("list"), "explained": frame.attrs["explained"]}

    found = case.runs.get(
        {
            "source map": train.split.digest,
            "model": row.model,
            "arguments": row.arguments,
            "fusion": row.fusion,
            "trainer": row.trainer,
            "adversary": row.adversary,
            "seed": case.seed,
        },
        measure,
    )
    details = {"map": found["map"], "explained": found["explained"]}
    return Measured(found["figures"], "training cascades", "", found["seconds"], found["code"], details)


@torch.no_grad()
def _attention(fusion: SourceFusion, user: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
    return fusion.attention(user, source)


def _measure(
    case: Case, protocol: NextUserProtocol, train: CascadeDataset, val: CascadeDataset, test: CascadeDataset
) -> dict[str, Any]:
    row = case.row
    settings = [
        (dict(zip(row.choose, one, strict=True)), dict(zip(row.choose_trainer, other, strict=True)))
        for one in itertools.product(*row.choose.values())
        for other in itertools.product(*row.choose_trainer.values())
    ]
    if row.model is None:
        return {"figures": _seen(train, test), "chosen": ""}
    found = [(_fitted(case, train, val, *one), one) for one in settings]
    best, chosen = found[0][0], ""
    if len(found) > 1:
        scores = [evaluate(model, val, protocol, case.seed)["MRR"] for model, _ in found]
        place = max(range(len(scores)), key=scores.__getitem__)
        best = found[place][0]
        words = ", ".join(f"{name}={value}" for part in found[place][1] for name, value in part.items())
        chosen = f"{words} (best of {len(found)} on the validation of the same split, {100 * scores[place]:.1f})"
    head = head_sources(train)[test.table.user[test.table.ptr[:-1]]]
    figures: dict[str, float] = {}
    for part, kept in zip(PARTS, (torch.ones_like(head), head, ~head), strict=True):
        some = test.copy(kept.nonzero().view(-1).tolist())
        if bool((some.table.size > 1).any()):
            result = evaluate(best, some, protocol, case.seed)
            figures |= {f"{name}{part}": 100 * result[name] for name in ("MRR", "Hit@10", "Hit@50", "Hit@100")}
    return {"figures": figures, "chosen": chosen}


def _seen(train: CascadeDataset, test: CascadeDataset) -> dict[str, float]:
    table = test.table
    follows = torch.ones(table.num_events, dtype=torch.bool)
    follows[table.ptr[:-1][table.size > 0]] = False
    share = 100 * float(train.seen[table.user[follows]].double().mean())
    return dict.fromkeys(("MRR", "Hit@10", "Hit@50", "Hit@100"), share)


def _fitted(
    case: Case, train: CascadeDataset, val: CascadeDataset, arguments: dict[str, Any], trainer: dict[str, Any]
) -> NextUserPredictor:
    row = case.row
    assert row.model is not None
    torch.manual_seed(case.seed)
    model = make_model(row.model, train.num_users, row.arguments | arguments, row.fusion)
    if isinstance(model, CountingModel):
        return model.fit(train)
    if not isinstance(model, NextUserModel):
        raise UsageError(f"{row.name}: {row.model} names no next user.")
    settings: dict[str, Any] = {"protocol": PROTOCOL, "seed": case.seed, "progress": case.progress}
    settings |= row.trainer | trainer
    loop = NextUserTrainer(**settings) if row.adversary is None else AdversarialTrainer(**row.adversary, **settings)
    return loop.fit(model, train, val)
