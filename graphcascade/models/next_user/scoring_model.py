from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from graphcascade.data import Split
from graphcascade.errors import UsageError

__all__ = ["ScoringModel"]


class ScoringModel(nn.Module, ABC):
    """Base class of models that score all users and are not trained by gradients.

    Args:
        num_users: Number of users.
    """

    config: dict[str, Any]
    """Arguments that construct the same model."""
    user_ids: npt.NDArray[np.object_] | None = None
    """Ids of the users, ``[num_users]`` strings."""
    time_unit: str | None = None
    """Unit of the training times, if known."""
    split: Split | None = None
    """The part of a split that the model was trained on, if any."""
    trained_on: Tensor | None = None
    """Fingerprints of the training cascades, ``[N]``, sorted; see :mod:`graphcascade.data.cascades.fingerprints`."""
    notes: dict[str, Any] | None = None
    """Notes that were saved with the model."""
    seen: Tensor
    """Users that occur in the training cascades, ``[num_users]`` bool."""

    def __init__(self, num_users: int) -> None:
        super().__init__()
        if num_users < 1:
            raise UsageError(argument="num_users", value=num_users, reason="a model needs at least one user")
        self.num_users = num_users
        self.config = {"num_users": num_users}
        self.register_buffer("seen", torch.zeros(num_users, dtype=torch.bool))

    def require_trained(self) -> None:
        """Raises an error if the model has to be trained and was not; models without a training need nothing.

        Raises:
            UsageError: The model was not trained.
        """

    @abstractmethod
    def scores(self, batch: Data, rows: Tensor | None = None) -> Tensor:
        """Returns the scores of all users after events, ``[R, num_users]`` float64; a higher score is more likely.

        Args:
            batch: Cascades with ``user`` ``[E]``, ``time`` ``[E]`` and ``ptr`` ``[B + 1]``; users from ``num_users`` on
                are unknown.
            rows: Events to score, ``[R]``; all ``E`` by default. Scores do not depend on later events.
        """
