from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset
from graphcascade.data.segments import portions
from graphcascade.errors import UsageError
from graphcascade.models.next_user.next_events import NextEvents
from graphcascade.models.next_user.next_user_predictor import BATCH_SIZE, NextUserPredictor
from graphcascade.nn import count_better

__all__ = ["MAX_SCORES", "ScoringModel"]

MAX_SCORES = 2**25  # scores of users that are held at a time


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

    @property
    def predicts_cascades(self) -> bool:
        return True

    def batch_size(self, data: CascadeDataset) -> int:
        if len(data) == 0:
            return BATCH_SIZE
        return max(1, min(BATCH_SIZE, MAX_SCORES // (self.num_users * int(data.table.size.max()))))

    def count_better(
        self, batch: Data, events: NextEvents, mask_infected: bool, count_end: bool
    ) -> tuple[Tensor, Tensor]:
        counts = []
        # Long cascades are processed a few events at a time: each event needs the scores of all users and its history.
        for part in portions(events.history.size + self.num_users, 2 * MAX_SCORES):
            part_events = events.select(torch.arange(part.start, part.stop, device=events.row.device))
            infected = part_events.history.pairs(slice(None), self.num_users) if mask_infected else None
            counts.append(count_better(self.scores(batch, part_events.row), part_events.target, infected))
        higher, same = (torch.cat(parts) for parts in zip(*counts, strict=True))
        return higher, same

    def score_next(
        self, batch: Data, events: NextEvents, elapsed: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        return self.scores(batch, events.row), None

    @abstractmethod
    def scores(self, batch: Data, rows: Tensor | None = None) -> Tensor:
        """Returns the scores of all users after events, ``[R, num_users]`` float64; a higher score is more likely.

        Args:
            batch: Cascades with ``user`` ``[E]``, ``time`` ``[E]`` and ``ptr`` ``[B + 1]``; users from ``num_users`` on
                are unknown.
            rows: Events to score, ``[R]``; all ``E`` by default. Scores do not depend on later events.
        """
