from __future__ import annotations

from typing import NamedTuple

from torch import Tensor
from torch_geometric.data import Data

__all__ = ["Encoding"]


class Encoding(NamedTuple):
    """Encoding of each event, computed from this event and those before it: one row per event.

    Args:
        user: Input of the readout over users, ``[E, s]``.
        time: Input of the time head, ``[E, r]``, if the model has one.
        alignment: Graph over events in which the ``edge_weight`` of ``i -> k`` is the share of event ``i`` in
            predicting the event after ``k``, if it was requested and the model has one.
    """

    user: Tensor
    time: Tensor | None = None
    alignment: Data | None = None
