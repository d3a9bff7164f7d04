from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.data import CascadeDataset, as_dataset
from graphcascade.data.cascades.fingerprints import merge_fingerprints
from graphcascade.data.cascades.part_checks import check_training
from graphcascade.data.cascades.table import CascadeTable
from graphcascade.errors import UsageError
from graphcascade.models.next_user.scoring_model import ScoringModel

__all__ = ["CountingModel"]


class CountingModel(ScoringModel):
    """Base class of models that count in the training cascades; they train in seconds and are often hard to beat.

    Args:
        num_users: Number of users.
    """

    frequency: Tensor
    """Number of training cascades with each user, ``[num_users]`` float64."""

    def __init__(self, num_users: int) -> None:
        super().__init__(num_users)
        self.register_buffer("frequency", torch.zeros(num_users, dtype=torch.float64))

    def fit(self, train: CascadeDataset) -> CountingModel:
        """Counts in the training cascades.

        Args:
            train: Training cascades over ``num_users`` users.

        Returns:
            The model itself.

        Raises:
            UsageError: The number of users differs, or ``train`` is the test part of a split.
        """
        train = as_dataset(train, "train")
        if train.num_users != self.num_users:
            raise UsageError(
                f"the model has {self.num_users:,} users, the dataset {train.name} has {train.num_users:,}."
            )
        check_training(train)
        table = train.table
        self.split = train.split
        self.trained_on = merge_fingerprints(None, train.fingerprints)
        self.user_ids = train.user_ids
        self.time_unit = train.time_unit
        self.frequency = torch.bincount(table.user, minlength=self.num_users).double()
        self.seen = self.frequency > 0
        self._count(table)
        return self

    def require_trained(self) -> None:
        if not bool(self.seen.any()):
            raise UsageError(f"{type(self).__name__} was not trained; call fit(train) first.")

    def _count(self, table: CascadeTable) -> None:
        """Computes the counts of the model other than :attr:`frequency`."""
