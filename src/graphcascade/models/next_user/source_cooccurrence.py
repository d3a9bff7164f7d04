from __future__ import annotations

from torch import Tensor
from torch_geometric.data import Data

from graphcascade.data.segments import ordered_pairs, segment_ids
from graphcascade.data.table import CascadeTable
from graphcascade.models.next_user.counting_model import CountingModel
from graphcascade.models.registry import MODELS
from graphcascade.nn import PairCounts

__all__ = ["SourceCooccurrence"]


@MODELS.register("SourceCooccurrence")
class SourceCooccurrence(CountingModel):
    """The users who came most often after this cascade's source in training, filled up by popularity.

    A user comes after the source wherever both occur in that order in a training cascade, whoever started it.

    Args:
        num_users: Number of users.
    """

    def __init__(self, num_users: int) -> None:
        super().__init__(num_users)
        self.after = PairCounts(num_users)

    def _count(self, table: CascadeTable) -> None:
        self.after = PairCounts(self.num_users)
        for earlier, later in ordered_pairs(table.ptr):
            self.after.add(table.user[earlier], table.user[later])

    def scores(self, batch: Data) -> Tensor:
        count = self.after.rows(batch.user[batch.ptr[:-1]])
        # Frequencies decide where counts are equal: below one in sum.
        count += self.frequency / (self.frequency.sum() + 1)
        return count[segment_ids(batch.ptr)]
