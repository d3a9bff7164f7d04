from __future__ import annotations

import logging
import math
import time
from dataclasses import replace

import pandas as pd
import torch
from torch import Tensor
from torch_geometric.data import Data

import graphcascade
from graphcascade.data import CascadeDataset, as_dataset
from graphcascade.data.segments import portions, segment_ids
from graphcascade.data.users import in_time_unit, match_users
from graphcascade.errors import DataError, UsageError
from graphcascade.evaluation.overlap import count_overlap
from graphcascade.evaluation.protocol import Protocol, find_protocol
from graphcascade.evaluation.result import Result
from graphcascade.loader import CascadeLoader
from graphcascade.metrics import hits, reciprocal_ranks, resolve_ties
from graphcascade.models.diffusion import DiffusionModel
from graphcascade.models.next_user import NextEvents, NextUserModel, ScoringModel
from graphcascade.nn import SourceFusion, count_better

__all__ = [
    "batch_size",
    "evaluate",
    "mean_over",
    "model_name",
    "rank_batch",
    "rank_next_users",
    "require_terminate",
    "unseen_sources",
]

logger = logging.getLogger(__name__)

SCORES = 2**25
END = -1


def evaluate(
    model: NextUserModel | ScoringModel,
    data: CascadeDataset,
    protocol: str | Protocol = "chronological",
    seed: int | None = None,
    head: Tensor | None = None,
    allow_overlap: bool = False,
) -> Result:
    """Tests next-user prediction: at every event of every cascade, who comes next?

    Args:
        model: A trained model.
        data: Test cascades; users are matched by their ids.
        protocol: Name of a preset, or a :class:`Protocol`.
        seed: Seed of the training, for the record.
        head: Which users of ``data`` are head sources, ``[num_users]`` bool, see
            :func:`~graphcascade.data.head_sources`: there are figures, too, for the cascades that they began ("head" in
            the column ``targets``) and for all others ("tail").
        allow_overlap: Also test cascades that the model was trained on, see :mod:`graphcascade.data.fingerprints`; the
            result counts them as "cascades seen in training".

    Raises:
        UsageError: Test cascades that the model was trained on; a ``k`` above the number of users; the end of a cascade
            is to be ranked, but the model does not predict it; scores that are not finite; no cascade; a ``head`` of
            another size.
        DataError: No cascade has a second event; the protocol leaves out everything; none of the users is known to
            the model.
    """
    start = time.perf_counter()
    data = as_dataset(data, "data")
    require_next_user_model(model)
    protocol = find_protocol(protocol, model.num_users)
    if max(protocol.ks, default=1) > model.num_users:
        raise UsageError(
            f"Hit@{max(protocol.ks)} of {model.num_users} users: k must not exceed the number of users; "
            "give a Protocol with smaller ks."
        )
    overlap = count_overlap(model, data, allow_overlap)
    if isinstance(model, NextUserModel) and model.readout.mask_infected and not protocol.mask_infected:
        logger.warning(
            "%s gives infected users no probability, so they do not count in its ranking, although protocol %s counts "
            "them: train it with mask_infected=False to compare.",
            type(model).__name__,
            protocol.name,
        )
        protocol = replace(protocol, mask_infected=True)
    limited = protocol.limit(data)
    table = limited.table
    rank, seen, cascade = rank_next_users(model, limited, protocol)
    if rank.numel() == 0:
        raise DataError(f"{data.name}: no cascade has a second user, so there is nothing to predict.")
    if protocol.unseen == "leave_out" and not bool(seen.any()):
        raise DataError(f"{data.name}: training saw none of the {rank.numel():,} true users, and they are left out.")
    counts = {
        "cascades": len(limited),
        "events": table.num_events,
        "predictions": rank.numel(),
        "unseen true users": int((~seen).sum()),
        "cascades of one user": int((table.size == 1).sum()),
        "cascades cut": 0 if table.cut is None else int(table.cut.sum()),
        "cascades dropped before the split": table.dropped,
    } | overlap
    groups = {"all": torch.ones_like(seen), "seen": seen}
    if head is not None:
        if head.shape != (data.num_users,):
            raise UsageError(f"head {list(head.shape)}: {data.name} has {data.num_users:,} users.")
        groups["head"] = head[table.source][cascade]
        groups["tail"] = ~groups["head"]
    counts["cascades of sources unseen as such"] = unseen_sources(model, limited)
    rows = []
    for targets, chosen in groups.items():
        if not bool(chosen.any()):
            continue
        values = {f"Hit@{k}": hits(rank, k) for k in protocol.ks} | {"MRR": reciprocal_ranks(rank)}
        for metric, value in values.items():
            for average in ("event", "cascade") if targets in ("all", "seen") else (protocol.average,):
                mean, error = mean_over(value[chosen], cascade[chosen], average)
                headline = average == protocol.average and targets == (
                    "seen" if protocol.unseen == "leave_out" else "all"
                )
                rows.append((metric, average, targets, mean, error, headline))
    return Result(
        model=model_name(model),
        dataset=data.name,
        metrics=pd.DataFrame(rows, columns=["metric", "average", "targets", "value", "error", "headline"]),
        protocol=protocol,
        counts=counts,
        split=data.split,
        seed=seed,
        seconds=time.perf_counter() - start,
        version=graphcascade.__version__,
    )


def model_name(model: NextUserModel | ScoringModel | DiffusionModel) -> str:
    """What results call a model: its class, and how it fuses the source."""
    name, embedding = type(model).__name__, getattr(model, "embedding", None)
    return f"{name}+source ({embedding.fusion})" if isinstance(embedding, SourceFusion) else name


@torch.no_grad()
def rank_next_users(
    model: NextUserModel | ScoringModel, data: CascadeDataset, protocol: Protocol
) -> tuple[Tensor, Tensor, Tensor]:
    """Ranks of the true next users, in the order of the cascades.

    Returns:
        Rank ``[R]`` float64, infinite for an unseen true user who is a miss; whether training saw the true user,
        ``[R]`` bool; number of the cascade, ``[R]``.
    """
    timed = isinstance(model, NextUserModel) and model.time_head is not None and model.user_ids is not None
    data = match_users(in_time_unit(data, model.time_unit, required=timed), model.user_ids)
    require_terminate(model, protocol)
    training = model.training
    model.eval()
    ranks, cascades, known = [], [], []
    size = batch_size(model, data)
    for number, batch in enumerate(CascadeLoader(data, batch_size=size)):
        rank, seen, cascade = rank_batch(model, batch, protocol)
        ranks.append(rank)
        known.append(seen)
        cascades.append(cascade + number * size)
    model.train(training)
    return torch.cat(ranks), torch.cat(known), torch.cat(cascades)


def unseen_sources(model: NextUserModel | ScoringModel, data: CascadeDataset) -> int:
    """Cascades whose source no training cascade had, so that a model with source fusion goes without; 0 for others."""
    fusion = getattr(model, "embedding", None)
    if not isinstance(fusion, SourceFusion):
        return 0
    source = match_users(data, model.user_ids).table.source
    known = fusion.is_source.cpu()[source.clamp(max=model.num_users - 1)] & (source < model.num_users)
    return int((~known).sum())


def rank_batch(model: NextUserModel | ScoringModel, batch: Data, protocol: Protocol) -> tuple[Tensor, Tensor, Tensor]:
    """Ranks of the true next users of a batch; see :func:`rank_next_users`."""
    # The end has a mark of its own: num_users is also the first user that the model does not know.
    events = NextEvents.from_batch(batch, END if protocol.count_end else None)
    in_range = events.target < model.num_users
    seen = in_range & model.seen[events.target.clamp(0, model.num_users - 1)] | (events.target == END)
    events = replace(events, target=events.target.where(events.target != END, model.num_users))
    rank = torch.full(seen.shape, math.inf, dtype=torch.float64, device=seen.device)
    ranked = in_range if protocol.unseen == "in_vocabulary" else seen
    if bool(ranked.any()):
        chosen = events.select(ranked)
        rank[ranked] = resolve_ties(*_count(model, batch, chosen, protocol), protocol.ties)
    return rank, seen, segment_ids(batch["ptr"])[events.row]


def batch_size(model: NextUserModel | ScoringModel, data: CascadeDataset) -> int:
    """Cascades in a batch: few where a model scores all users at all events at once."""
    if isinstance(model, NextUserModel) or len(data) == 0:
        return 128
    return max(1, min(128, SCORES // (model.num_users * int(data.table.size.max()))))


def _count(
    model: NextUserModel | ScoringModel, batch: Data, events: NextEvents, protocol: Protocol
) -> tuple[Tensor, Tensor]:
    if isinstance(model, NextUserModel):
        history = events.history if protocol.mask_infected or model.readout.mask_infected else None
        encoding = model.encode(batch)
        return model.readout.rank(encoding.user[events.row], events.target, history, protocol.count_end)
    counted = []
    # A few events of a long cascade at a time: all users are scored, and all infected ones are looked up, at each.
    for part in portions(events.history.size + model.num_users, 2 * SCORES):
        some = events.select(torch.arange(part.start, part.stop, device=events.row.device))
        infected = some.history.pairs(slice(None), model.num_users) if protocol.mask_infected else None
        counted.append(count_better(model.scores(batch, some.row), some.target, infected))
    higher, same = (torch.cat(parts) for parts in zip(*counted, strict=True))
    return higher, same


def require_terminate(model: NextUserModel | ScoringModel, protocol: Protocol) -> None:
    """Raises an error if the protocol ranks the end of cascades and the model does not predict it.

    Raises:
        UsageError: The protocol counts the end, and the model was not made with ``terminate=True``.
    """
    if protocol.count_end and not (isinstance(model, NextUserModel) and model.readout.terminate):
        raise UsageError(f"protocol {protocol.name!r} ranks the end of a cascade: make the model with terminate=True.")


def require_next_user_model(model: object) -> None:
    """Raises an error if a model predicts whole cascades only.

    Raises:
        UsageError: The model is a :class:`~graphcascade.models.DiffusionModel`.
    """
    if isinstance(model, DiffusionModel):
        raise UsageError(f"{type(model).__name__} predicts whole cascades and no next user: use evaluate_cascades.")


def mean_over(value: Tensor, cascade: Tensor, average: str) -> tuple[float, float]:
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
