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
from graphcascade.data.segments import segment_ids
from graphcascade.errors import DataError, UsageError
from graphcascade.evaluation.metric_rows import metric_rows, unit_values
from graphcascade.evaluation.next_user_protocol import NextUserProtocol, find_protocol
from graphcascade.evaluation.overlap import count_overlap
from graphcascade.evaluation.result import Result
from graphcascade.loader import CascadeLoader
from graphcascade.metrics import hits, reciprocal_ranks, resolve_ties
from graphcascade.models.model import Model
from graphcascade.models.next_user import NextEvents, NextUserPredictor
from graphcascade.nn import GraphEmbedding, SourceFusion
from graphcascade.prediction.next_users import count_unseen_sources, match_to_model, require_next_user_model
from graphcascade.processes import divide_work
from graphcascade.value_types import check_numbers

__all__ = [
    "evaluate",
    "model_name",
    "rank_batch",
    "rank_next_users",
    "require_terminate",
]

logger = logging.getLogger(__name__)

END = -1  # stands for the end of a cascade among the true next users


@check_numbers
def evaluate(
    model: NextUserPredictor,
    data: CascadeDataset,
    protocol: str | NextUserProtocol = "chronological",
    seed: int | None = None,
    head: Tensor | None = None,
    allow_overlap: bool = False,
) -> Result:
    """Tests next-user prediction: who is infected next, after each event of each cascade?

    Args:
        model: A trained model.
        data: Test cascades; users are matched by their ids.
        protocol: Name of a preset, or a :class:`NextUserProtocol`.
        seed: Seed of the training; the result reports it.
        head: Which users of ``data`` are head sources, ``[num_users]`` bool, see
            :func:`~graphcascade.data.head_sources`. The result then also has figures for the cascades that they began
            ("head" in the column ``targets``) and for all others ("tail").
        allow_overlap: Also test cascades that the model was trained on, see
            :mod:`graphcascade.data.cascades.fingerprints`; the result counts them as "cascades seen in training".

    Raises:
        UsageError: Some test cascades were used in training; a ``k`` exceeds the number of users; the protocol ranks
            the end of cascades, but the model does not predict it; scores are not finite; there is no cascade;
            ``head`` has another size.
        DataError: No cascade has a second event; the protocol leaves out all predictions; the model knows none of the
            users.
    """
    start = time.perf_counter()
    data = as_dataset(data, "data")
    require_next_user_model(model)
    protocol = _protocol_for(model, protocol)
    overlap = count_overlap(model, data, allow_overlap)
    limited = protocol.limit(data)
    table = limited.table
    rank, seen, cascade = rank_next_users(model, limited, protocol)
    if rank.numel() == 0:
        raise DataError(f"{data.name}: no cascade has a second user, so there is nothing to predict.")
    if protocol.unseen == "leave_out" and not bool(seen.any()):
        raise DataError(
            f"{data.name}: none of the {rank.numel():,} true users is in the training cascades, and protocol "
            f"{protocol.name} leaves such users out, so nothing is left to rank."
        )
    counts = {
        "cascades": len(limited),
        "events": table.num_events,
        "predictions": rank.numel(),
        "next users not seen in training": int((~seen).sum()),
        "cascades of one user": int((table.size == 1).sum()),
        "cascades cut": 0 if table.cut is None else int(table.cut.sum()),
        "cascades dropped before the split": table.dropped,
    } | overlap
    sources = {}
    if head is not None:
        if head.shape != (data.num_users,):
            reason = f"has the shape {list(head.shape)}, must have [{data.num_users}], an entry for each user"
            raise UsageError(argument="head", reason=reason)
        sources["head"] = head[table.source][cascade]
        sources["tail"] = ~sources["head"]
    counts["cascades of sources unseen as such"] = count_unseen_sources(model, limited)
    groups = {"all": torch.ones_like(seen), "seen": seen}
    if protocol.unseen == "in_vocabulary" and not bool(seen.all()):
        groups["unseen"] = ~seen
    headline = ("seen" if protocol.unseen == "leave_out" else "all", protocol.average)
    chosen = groups[headline[0]]
    rows = []
    values = {f"Hit@{k}": hits(rank, k) for k in protocol.ks} | {"MRR": reciprocal_ranks(rank)}
    for metric, value in values.items():
        rows += metric_rows(metric, value, cascade, groups, ("event", "cascade"), headline)
        rows += metric_rows(metric, value, cascade, sources, (protocol.average,), headline)
    return Result(
        model=model_name(model),
        dataset=data.name,
        metrics=pd.DataFrame(rows),
        protocol=protocol,
        counts=counts,
        split=data.split,
        seed=seed,
        seconds=time.perf_counter() - start,
        version=graphcascade.__version__,
        unit_values=unit_values({name: value[chosen] for name, value in values.items()}, cascade[chosen], headline[1]),
    )


def _protocol_for(model: NextUserPredictor, protocol: str | NextUserProtocol) -> NextUserProtocol:
    """Returns the protocol; it masks infected users if the model does.

    Raises:
        UsageError: A ``k`` exceeds the number of users.
    """
    protocol = find_protocol(protocol, model.num_users)
    if max(protocol.ks, default=1) > model.num_users:
        reason = f"has Hit@{max(protocol.ks)}, and there are {model.num_users} users; give one with smaller ks"
        raise UsageError(argument="protocol", value=protocol.name, reason=reason)
    if not model.masks_infected or protocol.mask_infected:
        return protocol
    logger.warning(
        "%s gives infected users no probability, so its ranking leaves them out, although protocol %s ranks them; "
        "to compare it with other models, train it with mask_infected=False.",
        type(model).__name__,
        protocol.name,
    )
    return replace(protocol, mask_infected=True)


def model_name(model: Model) -> str:
    """The name of a model in results: its class and, if it fuses the source or encodes graphs, how."""
    name, embedding = type(model).__name__, getattr(model, "embedding", None)
    if isinstance(embedding, GraphEmbedding):
        return f"{name}+graph ({embedding.encoder_name})"
    return f"{name}+source ({embedding.fusion})" if isinstance(embedding, SourceFusion) else name


@torch.no_grad()
def rank_next_users(
    model: NextUserPredictor, data: CascadeDataset, protocol: NextUserProtocol
) -> tuple[Tensor, Tensor, Tensor]:
    """Ranks of the true next users, in the order of the cascades.

    Returns:
        The ranks ``[R]`` float64, infinite where a true user who is unseen in training is a miss; whether training saw
        the true user, ``[R]`` bool; and the number of the cascade, ``[R]``. Several processes share the cascades, and
        all of them get all ranks.
    """
    data = match_to_model(model, data)
    require_terminate(model, protocol)
    training = model.training
    model.eval()
    size = model.batch_size(data)

    def rank(cascades: slice) -> tuple[Tensor, ...]:
        loader = CascadeLoader(data.index_select(cascades), batch_size=size)
        found = []
        for number, batch in enumerate(loader):
            rank, seen, cascade = rank_batch(model, batch, protocol)
            found.append((rank, seen, cascade + cascades.start + number * size))
        return tuple(torch.cat(parts) for parts in zip(*found, strict=True))

    ranks, seen, cascade = divide_work(len(data), rank)
    model.train(training)
    return ranks, seen, cascade


def rank_batch(model: NextUserPredictor, batch: Data, protocol: NextUserProtocol) -> tuple[Tensor, Tensor, Tensor]:
    """Ranks of the true next users of a batch; see :func:`rank_next_users`."""
    # The end is marked by END at first: the number num_users also stands for the first user unknown to the model.
    events = NextEvents.from_batch(batch, END if protocol.count_end else None)
    in_range = events.target < model.num_users
    seen = in_range & model.seen[events.target.clamp(0, model.num_users - 1)] | (events.target == END)
    events = replace(events, target=events.target.where(events.target != END, model.num_users))
    rank = torch.full(seen.shape, math.inf, dtype=torch.float64, device=seen.device)
    ranked = in_range if protocol.unseen == "in_vocabulary" else seen
    if bool(ranked.any()):
        chosen = events.select(ranked)
        higher, same = model.count_better(batch, chosen, protocol.mask_infected, protocol.count_end)
        rank[ranked] = resolve_ties(higher, same, protocol.ties)
    return rank, seen, segment_ids(batch["ptr"])[events.row]


def require_terminate(model: NextUserPredictor, protocol: NextUserProtocol) -> None:
    """Raises an error if the protocol ranks the end of cascades and the model does not predict it.

    Raises:
        UsageError: The model does not predict the end of cascades.
    """
    if protocol.count_end and not model.predicts_end:
        raise UsageError(
            argument="protocol",
            value=protocol.name,
            reason="ranks the end of cascades, which this model does not predict; make the model with",
            remedy=("terminate", True),
        )
