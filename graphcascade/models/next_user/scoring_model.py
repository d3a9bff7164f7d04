from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.errors import UsageError
from graphcascade.models.next_user.next_user_predictor import NextUserPredictor

__all__ = ["ScoringModel"]


class ScoringModel(NextUserPredictor):
    """Base class of models that score all users and are not trained by gradients.

    Args:
        num_users: Number of users.
    """

    def __init__(self, num_users: int) -> None:
        super().__init__()
        if num_users < 1:
            raise UsageError(argument="num_users", value=num_users, reason="a model needs at least one user")
        self.register_buffer("seen", torch.zeros(num_users, dtype=torch.bool))

    @abstractmethod
    def scores(self, batch: Data, rows: Tensor | None = None) -> Tensor:
        """Returns the scores of all users after events, ``[R, num_users]`` float64; a higher score is more likely.

        Args:
            batch: Cascades with ``user`` ``[E]``, ``time`` ``[E]`` and ``ptr`` ``[B + 1]``; users from ``num_users`` on
                are unknown.
            rows: Events to score, ``[R]``; all ``E`` by default. Scores do not depend on later events.
        """
