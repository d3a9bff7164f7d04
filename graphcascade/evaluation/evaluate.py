from __future__ import annotations

import math
import time
from dataclasses import replace

import pandas as pd
import torch
from torch import Tensor
from torch_geometric.data import Data

import graphcascade
from graphcascade.data import CascadeDataset
from graphcascade.data.segments import segment_ids
from graphcascade.data.users import match_users
from graphcascade.errors import DataError, UsageError
from graphcascade.evaluation.protocol import Protocol, find_protocol
from graphcascade.evaluation.result import Result
from graphcascade.loader import CascadeLoader
from graphcascade.metrics import hits, reciprocal_ranks, resolve_ties
from graphcascade.models.next_user import NextEvents, NextUserModel, ScoringModel
from graphcascade.nn import count_better

__all__ = ["evaluate", "rank_next_users"]

SCORES = 2**25
END = -1


def evaluate(
    model: NextUserModel | ScoringModel,
    data: CascadeDataset,
    protocol: str | Protocol = "chronological",
    seed: int | None = None,
) -> Result:
    """Tests next-user prediction: at every event of every cascade, who comes next?

    Args:
        model: A trained model.
        data: Test cascades; users are matched by their ids.
        protocol: Name of a preset, or a :class:`Protocol`.
        seed: Seed of the training, for the record.

    Raises:
        UsageError: A ``k`` above the number of users; the end of a cascade is to be ranked, but the model does not
            predict it; scores that are not finite; no cascade.
        DataError: No cascade has a second event; the protocol leaves out everything; none of the users is known to
            the model.
    """
    start = time.perf_counter()
    protocol = find_protocol(protocol, model.num_users)
    if max(protocol.ks, default=1) > model.num_users:
        raise UsageError(
            f"Hit@{max(protocol.ks)} of {model.num_users} users: k must not exceed the number of users; "
            "give a Protocol with smaller ks."
        )
    limited = protocol.limit(data)
    rank, seen, cascade = rank_next_users(model, limited, protocol)
    if rank.numel() == 0:
        raise DataError(f"{data.name}: no cascade has a second user, so there is nothing to predict.")
    if protocol.unseen == "leave_out" and not bool(seen.any()):
        raise DataError(f"{data.name}: training saw none of the {rank.numel():,} true users, and they are left out.")
    counts = {
        "cascades": len(limited),
        "predictions": rank.numel(),
        "unseen true users": int((~seen).sum()),
        "cascades of one user": int((limited.table.size == 1).sum()),
        f"cascades {'cut' if protocol.longer == 'cut' else 'dropped'}": protocol.too_long(data),
    }
    rows = []
    for targets in ("all", "seen"):
        chosen = torch.ones_like(seen) if targets == "all" else seen
        if not bool(chosen.any()):
            continue
        values = {f"Hit@{k}": hits(rank, k) for k in protocol.ks} | {"MRR": reciprocal_ranks(rank)}
        for metric, value in values.items():
            for average in ("event", "cascade"):
                mean, error = _mean(value[chosen], cascade[chosen], average)
                headline = average == protocol.average and targets == (
                    "seen" if protocol.unseen == "leave_out" else "all"
                )
                rows.append((metric, average, targets, mean, error, headline))
    return Result(
        model=type(model).__name__,
        dataset=data.name,
        metrics=pd.DataFrame(rows, columns=["metric", "average", "targets", "value", "error", "headline"]),
        protocol=protocol,
        counts=counts,
        split=data.split,
        seed=seed,
        seconds=time.perf_counter() - start,
        version=graphcascade.__version__,
    )


@torch.no_grad()
def rank_next_users(
    model: NextUserModel | ScoringModel, data: CascadeDataset, protocol: Protocol
) -> tuple[Tensor, Tensor, Tensor]:
    """Ranks of the true next users, in the order of the cascades.

    Returns:
        Rank ``[R]`` float64, infinite for an unseen true user who is a miss; whether training saw the true user,
        ``[R]`` bool; number of the cascade, ``[R]``.
    """
    data = match_users(data, model.user_ids)
    if protocol.count_end and not (isinstance(model, NextUserModel) and model.readout.terminate):
        raise UsageError(f"protocol {protocol.name!r} ranks the end of a cascade: train the model with terminate=True.")
    training = model.training
    model.eval()
    ranks, cascades, known = [], [], []
    size = batch_size(model, data)
    for number, batch in enumerate(CascadeLoader(data, batch_size=size)):
        # The end has a mark of its own: num_users is also the first user that the model does not know.
        events = NextEvents.of(batch, END if protocol.count_end else None)
        in_range = events.target < model.num_users
        seen = in_range & model.seen[events.target.clamp(0, model.num_users - 1)] | (events.target == END)
        events = replace(events, target=events.target.where(events.target != END, model.num_users))
        rank = torch.full(seen.shape, math.inf, dtype=torch.float64)
        ranked = in_range if protocol.unseen == "in_vocabulary" else seen
        if bool(ranked.any()):
            chosen = events.select(ranked)
            rank[ranked] = resolve_ties(*_count(model, batch, chosen, protocol), protocol.ties)
        ranks.append(rank)
        known.append(seen)
        cascades.append(segment_ids(batch.ptr)[events.row] + number * size)
    model.train(training)
    return torch.cat(ranks), torch.cat(known), torch.cat(cascades)


def batch_size(model: NextUserModel | ScoringModel, data: CascadeDataset) -> int:
    """Cascades in a batch: few where a model scores all users at all events at once."""
    if isinstance(model, NextUserModel) or len(data) == 0:
        return 128
    return max(1, min(128, SCORES // (model.num_users * int(data.table.size.max()))))


def _count(
    model: NextUserModel | ScoringModel, batch: Data, events: NextEvents, protocol: Protocol
) -> tuple[Tensor, Tensor]:
    if isinstance(model, NextUserModel):
        # A model that gives infected users no probability ranks them last, whatever the protocol.
        history = events.history if protocol.mask_infected or model.readout.mask_infected else None
        encoding = model.encode(batch)
        return model.readout.rank(encoding.user[events.row], events.target, history, protocol.count_end)
    infected = events.history.pairs(slice(None), model.num_users) if protocol.mask_infected else None
    return count_better(model.scores(batch)[events.row], events.target, infected)


def _mean(value: Tensor, cascade: Tensor, average: str) -> tuple[float, float]:
    """Mean and standard error; cascades are the unit of the error: predictions of one cascade are not independent."""
    _, number = torch.unique(cascade, return_inverse=True)
    count = torch.bincount(number).double()
    total = torch.bincount(number, weights=value)
    if average == "cascade":
        total, count = total / count, torch.ones_like(count)
    groups = count.numel()
    mean = total.sum() / count.sum()
    if groups < 2:
        return float(mean), math.nan
    residual = total - mean * count
    error = (residual.square().sum() * groups / (groups - 1)).sqrt() / count.sum()
    return float(mean), float(error)
