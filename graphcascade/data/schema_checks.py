"""Checks of the fields and edges of heterogeneous data against a schema."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch_geometric.data import HeteroData

__all__ = ["Field", "find_edge_problem", "find_field_problem"]

CHECKED_ROWS = 1 << 16  # rows of a field that are checked at once, so that a memory-mapped one is not read as a whole


class Field(NamedTuple):
    """A field of a node or edge store.

    Args:
        store: Node type or edge type.
        name: Name of the field.
        dtype: Type of its tensor, or types that it may have; ``None`` for an array of strings.
        length: Store whose nodes or edges it has one entry for; or another name that the schema knows.
        dim: Number of dimensions.
        required: Whether all data have it.
        missing: Whether NaN is allowed, for values that are not known.
    """

    store: str | tuple[str, str, str]
    name: str
    dtype: torch.dtype | tuple[torch.dtype, ...] | None
    length: str | tuple[str, str, str]
    dim: int = 1
    required: bool = False
    missing: bool = False


def find_field_problem(data: HeteroData, field: Field, count: int) -> str | None:
    """Returns what is wrong with a field, in words; ``None`` if all is right.

    Args:
        data: The data.
        field: The field.
        count: Number of entries that it must have.
    """
    value = data[field.store].get(field.name)
    place = f"{field.name!r} of {field.store!r}"
    if value is None:
        return f"{place} is missing" if field.required else None
    if field.dtype is None:
        if isinstance(value, np.ndarray) and value.dtype == object and value.shape == (count,):
            return None
        return f"{place} must be an array of {count} strings"
    shape = [count] if field.dim == 1 else [count, "D"]
    if not isinstance(value, Tensor):
        return f"{place} must be a tensor, got a {type(value).__name__}"
    dtypes = field.dtype if isinstance(field.dtype, tuple) else (field.dtype,)
    if value.dtype not in dtypes or value.dim() != field.dim or value.size(0) != count:
        kinds = " or ".join(str(dtype).removeprefix("torch.") for dtype in dtypes)
        return f"{place} must be {kinds} of shape [{', '.join(map(str, shape))}], got {_describe(value)}"
    if value.is_floating_point() and not _is_finite(value, field.missing):
        return f"{place} has values that are not finite"
    return None


def find_edge_problem(data: HeteroData, edge_type: tuple[str, str, str], name: str) -> str | None:
    """Returns what is wrong with a tensor of edges, in words; ``None`` if all is right.

    Args:
        data: The data.
        edge_type: The edge type.
        name: Name of the tensor; only ``"edge_index"`` is required.
    """
    index = data[edge_type].get(name)
    if index is None:
        return f"{edge_type!r} needs 'edge_index'" if name == "edge_index" else None
    if index.dtype != torch.long or index.dim() != 2 or index.size(0) != 2:
        return f"{name!r} of {edge_type!r} must be int64 of shape [2, M], got {_describe(index)}"
    for row, node_type in enumerate((edge_type[0], edge_type[2])):
        count = int(data[node_type].num_nodes)
        if index.numel() > 0 and not 0 <= int(index[row].min()) <= int(index[row].max()) < count:
            return f"{name!r} of {edge_type!r} has {node_type} numbers outside of 0 to {count - 1}"
    return None


def _is_finite(value: Tensor, missing: bool) -> bool:
    for rows in value.split(CHECKED_ROWS):
        finite = rows.isfinite()
        if missing:
            finite |= rows.isnan()
        if not bool(finite.all()):
            return False
    return True


def _describe(value: Tensor) -> str:
    return f"{str(value.dtype).removeprefix('torch.')} of shape {list(value.shape)}"
