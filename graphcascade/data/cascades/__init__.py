"""Cascades, datasets of cascades, and the checks of events; :mod:`graphcascade.data` exports the same names."""

from graphcascade.data.cascades.as_dataset import as_dataset
from graphcascade.data.cascades.cascade import Cascade
from graphcascade.data.cascades.check import check_events
from graphcascade.data.cascades.dataset import CascadeDataset
from graphcascade.data.cascades.head_sources import head_sources
from graphcascade.data.cascades.observation_window import Observation, ObservationWindow
from graphcascade.data.cascades.raw_events import RawEvents
from graphcascade.data.cascades.repairs import Repairs
from graphcascade.data.cascades.split import Split
from graphcascade.data.cascades.successor_graph import successor_graph
from graphcascade.data.cascades.table import CascadeTable

__all__ = [
    "Cascade",
    "CascadeDataset",
    "CascadeTable",
    "Observation",
    "ObservationWindow",
    "RawEvents",
    "Repairs",
    "Split",
    "as_dataset",
    "check_events",
    "head_sources",
    "successor_graph",
]
