from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.data.segments import segment_ids
from graphcascade.data.table import CascadeTable
from graphcascade.models.next_user.counting_model import CountingModel
from graphcascade.models.registry import MODELS
from graphcascade.nn import SuccessorCounts

__all__ = ["SourceCooccurrence"]


@MODELS.register("SourceCooccurrence")
class SourceCooccurrence(CountingModel):
    """The users who came most often after this cascade's source in training, filled up by popularity.

    By default a user comes after the source wherever both occur in that order in a training cascade, whoever started
    it. With ``only_started`` only the training cascades that the source started count.

    Training takes time and memory in proportion to the number of events.

    Args:
        num_users: Number of users.
        only_started: Count only training cascades that the source started.
    """

    def __init__(self, num_users: int, only_started: bool = False) -> None:
        super().__init__(num_users)
        self.only_started = only_started
        self.config["only_started"] = only_started
        self.after = SuccessorCounts(num_users, only_started)

    def _count(self, table: CascadeTable) -> None:
        self.after.set_cascades(table.user, table.ptr)

    def scores(self, batch: Data, rows: Tensor | None = None) -> Tensor:
        number = segment_ids(batch.ptr)
        cascade, place = torch.unique(number if rows is None else number[rows], return_inverse=True)
        count = self.after.rows(batch.user[batch.ptr[cascade]])
        # Frequencies decide where counts are equal: below one in sum.
        count += self.frequency / (self.frequency.sum() + 1)
        return count[place]
