"""Cascades, datasets of cascades, and the checks of events."""

from graphcascade.data.as_dataset import as_dataset
from graphcascade.data.cascade import Cascade
from graphcascade.data.check import check_events
from graphcascade.data.dataset import CascadeDataset
from graphcascade.data.graph import user_graph
from graphcascade.data.head_sources import head_sources
from graphcascade.data.raw_events import RawEvents
from graphcascade.data.repairs import Repairs
from graphcascade.data.split import Split
from graphcascade.data.table import CascadeTable

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
