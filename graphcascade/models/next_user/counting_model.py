from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset
from graphcascade.data.table import CascadeTable
from graphcascade.errors import UsageError

__all__ = ["CountingModel"]


class CountingModel(nn.Module, ABC):
    """Predicts the next user by counting in the training cascades; costs nothing, and is often hard to beat.

    Args:
        num_users: Number of users.
    """

    config: dict[str, Any]
    user_ids: npt.NDArray[np.object_] | None = None
    notes: dict[str, Any] | None = None
    seen: Tensor
    frequency: Tensor

    def __init__(self, num_users: int) -> None:
        super().__init__()
        if num_users < 1:
            raise UsageError(f"num_users={num_users}: a model needs at least one user.")
        self.num_users = num_users
        self.config = {"num_users": num_users}
        self.register_buffer("seen", torch.zeros(num_users, dtype=torch.bool))
        self.register_buffer("frequency", torch.zeros(num_users, dtype=torch.float64))

    def fit(self, train: CascadeDataset) -> CountingModel:
        """Counts; returns the model itself.

        Args:
            train: Training cascades over ``num_users`` users.
        """
        if train.num_users != self.num_users:
            raise UsageError(f"the model has {self.num_users:,} users, {train.name} has {train.num_users:,}.")
        table = train.table
        self.user_ids = train.user_ids
        self.frequency = torch.bincount(table.user, minlength=self.num_users).double()
        self.seen = self.frequency > 0
        self._count(table)
        return self

    def _count(self, table: CascadeTable) -> None:
        """Counts what the model needs beside the frequency of each user."""

    @abstractmethod
    def scores(self, batch: Data) -> Tensor:
        """Scores of all users after each event, ``[E, num_users]`` float64; higher is likelier.

        Args:
            batch: Cascades with ``user`` ``[E]`` and ``ptr`` ``[B + 1]``; numbers from ``num_users`` on are unknown.
        """
