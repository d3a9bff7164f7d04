from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.segments import expand_ranges, segment_ids, segment_positions
from graphcascade.errors import UsageError
from graphcascade.models.next_user.counting_model import CountingModel
from graphcascade.models.registry import MODELS
from graphcascade.nn import PairCounts, SuccessorCounts

__all__ = ["RecentUsers"]

TIE_BREAK_WEIGHT = 1e-6  # weight of the frequencies, which decide between equal scores


@MODELS.register("RecentUsers")
class RecentUsers(CountingModel):
    r"""Predicts users who often came directly after the last users, or after the source; popularity breaks ties.

    After the users :math:`u_0, \dots, u_k` of a cascade, the score of a user :math:`v` is

    .. math::
        \sum_{l=1}^{\min(L, k + 1)} \frac{n_{u_{k+1-l}, v}}{l} + \beta\, m_{u_0, v}

    where :math:`n_{uv}` is how often ``v`` comes directly after ``u`` in training, and :math:`m_{uv}` the number of
    training cascades in which ``v`` comes anywhere after ``u``. It is not from a paper; it is the strongest of the
    counting baselines.

    Args:
        num_users: Number of users.
        window: Number :math:`L` of last users.
        source: Weight of the source, :math:`\beta`.

    Raises:
        UsageError: ``window`` is below 1, or ``source`` is negative or not finite.
    """

    def __init__(self, num_users: int, window: int = 10, source: float = 0.3) -> None:
        super().__init__(num_users)
        if window < 1:
            raise UsageError(owner="RecentUsers", argument="window", value=window, reason="must be at least 1")
        if not 0 <= source < float("inf"):
            raise UsageError(
                owner="RecentUsers", argument="source", value=source, reason="must be a finite number, 0 or more"
            )
        self.window = window
        self.source = source
        self.follows = PairCounts(num_users)
        self.after = SuccessorCounts(num_users)

    def _count(self, table: CascadeTable) -> None:
        cascade = segment_ids(table.ptr)
        same_cascade = cascade[1:] == cascade[:-1]
        self.follows = PairCounts(self.num_users)
        self.follows.add(table.user[:-1][same_cascade], table.user[1:][same_cascade])
        self.after.set_cascades(table.user, table.ptr)

    def scores(self, batch: Data, rows: Tensor | None = None) -> Tensor:
        ptr = batch["ptr"]
        event = torch.arange(batch["user"].numel(), device=ptr.device) if rows is None else rows
        size = (segment_positions(ptr)[event] + 1).clamp(max=self.window)
        recent, bounds = expand_ranges(event + 1 - size, event + 1)
        row = segment_ids(bounds)
        score = self.follows.weighted_sums(
            batch["user"][recent], 1 / (event[row] + 1 - recent).double(), row, event.numel()
        )
        cascade, position = torch.unique(segment_ids(ptr)[event], return_inverse=True)
        score += (self.source * self.after.rows(batch["user"][ptr[cascade]]))[position]
        return score + TIE_BREAK_WEIGHT * self.frequency / (self.frequency.sum() + 1)
