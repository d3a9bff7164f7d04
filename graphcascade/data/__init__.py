"""Cascades, datasets of cascades, and the checks of events."""

from graphcascade.data.cascades import (
    Cascade,
    CascadeDataset,
    CascadeTable,
    RawEvents,
    Repairs,
    Split,
    as_dataset,
    check_events,
    head_sources,
)
from graphcascade.data.graph import user_graph

__all__ = [
    "Cascade",
    "CascadeDataset",
    "CascadeTable",
    "RawEvents",
    "Repairs",
    "Split",
    "as_dataset",
    "check_events",
    "head_sources",
    "user_graph",
]
