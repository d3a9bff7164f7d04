from __future__ import annotations

from typing import NamedTuple

from torch import Tensor
from torch_geometric.data import Data

__all__ = ["Encoding"]


class Encoding(NamedTuple):
    """What a model makes of each event: one row per event, from that event and those before it.

    Args:
        user: Input of the readout over users, ``[E, s]``.
        time: Input of the time head, ``[E, r]``, where the model has one.
        alignment: Edges ``i -> k`` over events with ``edge_weight``: the share of event ``i`` in predicting what
            follows event ``k``; where it was asked for and the model has it.
    """

    user: Tensor
    time: Tensor | None = None
    alignment: Data | None = None
