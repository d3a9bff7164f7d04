"""Cascades, networks of retweets, and the checks of both."""

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
from graphcascade.data.retweets import RawRetweets, RetweetNetwork, RetweetRepairs, check_retweets

__all__ = [
    "Cascade",
    "CascadeDataset",
    "CascadeTable",
    "RawEvents",
    "RawRetweets",
    "Repairs",
    "RetweetNetwork",
    "RetweetRepairs",
    "Split",
    "as_dataset",
    "check_events",
    "check_retweets",
    "head_sources",
    "user_graph",
]
