from __future__ import annotations

from torch import Tensor
from torch_geometric.data import Data

from graphcascade.models.next_user.counting_model import CountingModel
from graphcascade.models.registry import MODELS

__all__ = ["Popularity"]


@MODELS.register("Popularity")
class Popularity(CountingModel):
    """Predicts the users who occur in most training cascades, and ignores the cascade.

    Args:
        num_users: Number of users.
    """

    def scores(self, batch: Data, rows: Tensor | None = None) -> Tensor:
        return self.frequency.expand((batch.user if rows is None else rows).numel(), -1).clone()
