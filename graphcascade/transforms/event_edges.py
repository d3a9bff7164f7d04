"""Shared functions of the transforms that add edges between events."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Batch, Data

from graphcascade.errors import UsageError

__all__ = ["cascade_ptr", "set_edges"]


def cascade_ptr(data: Data) -> Tensor:
    """Returns the boundaries of the cascades of a batch, ``[B + 1]``, or ``[0, n]`` for a single cascade of n events.

    Raises:
        UsageError: ``data`` is neither a cascade nor a batch.
    """
    if not isinstance(data, Data):
        raise UsageError(
            f"{type(data).__name__}: this transform takes a cascade or a batch; for all cascades of a dataset, set "
            "dataset.transform."
        )
    if isinstance(data, Batch):
        ptr: Tensor = data.ptr
        return ptr
    device = data.user.device if "user" in data else None
    return torch.tensor([0, data.num_nodes or 0], device=device)


def set_edges(data: Data, source: Tensor, target: Tensor, ptr: Tensor) -> None:
    """Stores edges, sorted by target, as ``edge_index``; a batch can still be separated into its cascades."""
    data.edge_index = torch.stack([source, target])
    if hasattr(data, "_slice_dict"):  # collated by PyG or by CascadeLoader
        slices, increments = data._slice_dict, data._inc_dict
        data._slice_dict = {**slices, "edge_index": torch.searchsorted(target, ptr).cpu()}
        data._inc_dict = {**increments, "edge_index": ptr[:-1].cpu()}
