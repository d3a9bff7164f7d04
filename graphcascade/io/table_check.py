from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.data import CascadeTable
from graphcascade.data.segments import portions

__all__ = ["check_table"]

PORTION = 2**20  # events that are checked together


def check_table(table: CascadeTable) -> None:
    """Raises an error if the tensors of a table are inconsistent, such as those of a damaged file.

    Raises:
        ValueError: A tensor has another type or shape, or refers to a user, an item or an event that does not exist.
    """
    cascades, events = table.ptr.numel() - 1, table.user.numel()
    for name, dtype, length in (
        ("ptr", torch.int64, cascades + 1),
        ("user", torch.int64, events),
        ("time", torch.float64, events),
        ("item", torch.int64, cascades),
        ("parent", torch.int64, events),
        ("part", torch.int8, cascades),
        ("cut", torch.bool, cascades),
        ("growth", torch.int64, cascades),
    ):
        tensor: Tensor | None = getattr(table, name)
        if tensor is not None and (tensor.dtype != dtype or tensor.shape != (length,)):
            raise ValueError(f"{name!r} is {tensor.dtype} of shape {list(tensor.shape)}")
    if cascades < 0 or table.ptr[0] != 0 or table.ptr[-1] != events or bool((table.size < 1).any()):
        raise ValueError("'ptr' does not divide the events into cascades")
    _check_range("user", table.user, table.num_users)
    _check_range("item", table.item, len(table.item_ids))
    if table.parent is not None:
        for part in portions(table.size, PORTION):
            first, last = int(table.ptr[part.start]), int(table.ptr[part.stop])
            below = table.size[part].repeat_interleave(table.size[part]) - table.parent[first:last] - 1
            if bool((below < 0).any()):
                raise ValueError("'parent' has numbers that do not exist")
        _check_range("parent", table.parent, table.num_events)
    if table.growth is not None and bool((table.growth < 0).any()):
        raise ValueError("'growth' is negative")
    if table.num_events and not all(bool(limit.isfinite()) for limit in table.time.aminmax()):  # NaN is both limits
        raise ValueError("'time' is not finite")
    for name, graph in (("follow_graph", table.follow_graph), ("true_graph", table.true_graph)):
        if graph is None:
            continue
        edge_index = graph.edge_index
        if edge_index is None or edge_index.dtype != torch.int64 or edge_index.dim() != 2 or edge_index.size(0) != 2:
            raise ValueError(f"{name!r} has no edges")
        if graph.num_nodes != table.num_users:
            raise ValueError(f"{name!r} has {graph.num_nodes} users instead of {table.num_users}")
        _check_range(name, edge_index, table.num_users)


def _check_range(name: str, values: Tensor, stop: int) -> None:
    if values.numel() and not 0 <= int(values.min()) <= int(values.max()) < stop:
        raise ValueError(f"{name!r} has numbers that do not exist")
