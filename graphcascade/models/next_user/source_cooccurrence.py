from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.segments import segment_ids
from graphcascade.models.next_user.counting_model import CountingModel
from graphcascade.models.registry import MODELS
from graphcascade.nn import SuccessorCounts

__all__ = ["SourceCooccurrence"]


@MODELS.register("SourceCooccurrence")
class SourceCooccurrence(CountingModel):
    """Predicts users who often came after the source of the cascade in training; popularity breaks ties.

    By default all training cascades count in which the user comes after the source. With ``only_started``, only those
    count that the source started.

    Training takes time and memory in proportion to the number of events.

    Args:
        num_users: Number of users.
        only_started: Whether to count only training cascades that the source started.
    """

    def __init__(self, num_users: int, only_started: bool = False) -> None:
        super().__init__(num_users)
        self.only_started = only_started
        self.after = SuccessorCounts(num_users, only_started)

    def _count(self, table: CascadeTable) -> None:
        self.after.set_cascades(table.user, table.ptr)

    def scores(self, batch: Data, rows: Tensor | None = None) -> Tensor:
        number = segment_ids(batch.ptr)
        cascade, position = torch.unique(number if rows is None else number[rows], return_inverse=True)
        count = self.after.rows(batch.user[batch.ptr[cascade]])
        # Frequencies decide between equal counts; their sum is below one.
        count += self.frequency / (self.frequency.sum() + 1)
        return count[position]
