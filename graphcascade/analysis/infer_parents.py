from __future__ import annotations

import logging
from typing import get_args

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset, as_dataset
from graphcascade.data.cascades.users import in_time_unit, match_users
from graphcascade.data.segments import segment_ids, segment_positions, segment_steps
from graphcascade.errors import UsageError
from graphcascade.loader import CascadeLoader
from graphcascade.models.next_user import AttributionKind, NextUserPredictor
from graphcascade.processes import divide_work

__all__ = ["infer_parents", "parent_accuracy"]

logger = logging.getLogger(__name__)


@torch.no_grad()
def infer_parents(
    model: NextUserPredictor | None,
    dataset: CascadeDataset,
    attribution: AttributionKind = "alignment",
    batch_size: int = 128,
) -> Tensor:
    """Infers who infected whom: attributes each event to an earlier event of its cascade.

    As in the CYAN-RNN paper, Section 4.2, this is the event with the largest alignment when the user was predicted.
    Several processes share the cascades, see :mod:`graphcascade.processes`.

    Args:
        model: A model with alignments; ``None`` attributes each event to the event just before it.
        dataset: Cascades.
        attribution: "alignment", as in the paper, before the next user is known; or, as extensions given the next user,
            "posterior", or "likelihood", the posterior with equal weights of all earlier events.
        batch_size: Number of cascades in a batch.

    Returns:
        Position of the parent within its cascade, ``[events]`` int64, in the order of ``dataset.table``; a source is
        its own parent.

    Raises:
        UsageError: The model has no alignments of this kind, or ``attribution`` is unknown.
    """
    if attribution not in get_args(AttributionKind):
        raise UsageError(
            argument="attribution", value=attribution, reason=f"use {', '.join(map(repr, get_args(AttributionKind)))}"
        )
    if model is not None and not (isinstance(model, NextUserPredictor) and model.attributions):
        raise UsageError(
            f"{type(model).__name__} has no alignments; CYANRNN has, and Netrate infers a network: its graph."
        )
    dataset = as_dataset(dataset, "dataset")
    table = dataset.table
    position = segment_positions(table.ptr)
    tied = int((segment_steps(table.time, table.ptr) == 0).sum())
    if tied:
        logger.warning(
            "%s: %s of %s infections have the time of the event before; the data do not say who infected whom, so "
            "the order of the rows is used.",
            dataset.name,
            f"{tied:,}",
            f"{int((position > 0).sum()):,}",
        )
    if model is None:
        return (position - 1).clamp(min=0)
    matched = match_users(in_time_unit(dataset, model.time_unit), model.user_ids)
    training = model.training

    def attribute(share: slice) -> tuple[Tensor]:
        batches = CascadeLoader(matched.index_select(share), batch_size=batch_size)
        parents = [_heaviest(model.align(batch, attribution), batch["ptr"]) for batch in batches]
        return (torch.cat([*parents, position[:0]]),)

    model.eval()
    try:
        (parent,) = divide_work(len(matched), attribute)
    finally:
        model.train(training)
    return parent.masked_fill(position == 0, 0)


def _heaviest(graph: Data, ptr: Tensor) -> Tensor:
    """Position of the source of the heaviest edge for each event, ``[E]``; ties go to the latest source."""
    edges, weight = graph["edge_index"], graph["edge_weight"]
    weight = weight if weight.dim() == 1 else weight.mean(1)
    order = torch.argsort(edges[0], stable=True)
    order = order[torch.argsort(weight[order], stable=True)]
    order = order[torch.argsort(edges[1, order], stable=True)]
    source, target = edges[:, order]
    last = torch.ones_like(target, dtype=torch.bool)
    last[:-1] = target[1:] != target[:-1]
    best = torch.arange(int(ptr[-1]))
    best[target[last]] = source[last]
    local = best - ptr[:-1][segment_ids(ptr)]
    return torch.cat([local.new_zeros(1), local[:-1]])  # an alignment of event k is about event k + 1


def parent_accuracy(parent: Tensor, dataset: CascadeDataset) -> float:
    """Share of the events after the source whose parent was inferred correctly.

    Args:
        parent: Inferred parents, as :func:`infer_parents` returns them.
        dataset: Cascades whose parents are known, such as simulated ones.

    Raises:
        UsageError: The true parents are not known, no cascade has a second event, or ``parent`` has another length.
    """
    table = dataset.table
    if table.parent is None:
        raise UsageError(f"{dataset.name}: the true parents are not known; use simulated cascades.")
    if parent.shape != table.parent.shape:
        reason = f"has the shape {list(parent.shape)}, must have [{table.num_events}], an entry for each event"
        raise UsageError(argument="parent", reason=reason)
    later = segment_positions(table.ptr) > 0
    if not bool(later.any()):
        raise UsageError(f"{dataset.name}: no cascade has a second event.")
    return float((parent == table.parent)[later].double().mean())
