from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.data.cascades.table import CascadeTable
from graphcascade.errors import UsageError
from graphcascade.models.fittable_model import FittableModel
from graphcascade.models.next_user.scoring_model import ScoringModel

__all__ = ["CountingModel"]


class CountingModel(ScoringModel, FittableModel):
    """Base class of models that count in the training cascades; they train in seconds and are often hard to beat.

    Args:
        num_users: Number of users.
    """

    frequency: Tensor
    """Number of training cascades with each user, ``[num_users]`` float64."""

    def __init__(self, num_users: int) -> None:
        super().__init__(num_users)
        self.register_buffer("frequency", torch.zeros(num_users, dtype=torch.float64))

    def _fit(self, train: CascadeDataset) -> None:
        if train.num_users != self.num_users:
            raise UsageError(
                f"the model has {self.num_users:,} users, the dataset {train.name} has {train.num_users:,}."
            )
        self.frequency = torch.bincount(train.table.user, minlength=self.num_users).double()
        self._count(train.table)

    def _count(self, table: CascadeTable) -> None:
        """Computes the counts of the model other than :attr:`frequency`."""
