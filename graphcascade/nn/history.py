from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["History"]


@dataclass(frozen=True, eq=False)
class History:
    """Who is infected already, for each of ``R`` rows, without a rows x users mask.

    Row ``r`` stands for a cascade in which ``user[start[r]:stop[r]]`` are infected.

    Args:
        user: Users, ``[E]`` int64.
        start: First of each row's users, ``[R]`` int64.
        stop: One past the last, ``[R]`` int64.
    """

    user: Tensor
    start: Tensor
    stop: Tensor

    @property
    def size(self) -> Tensor:
        """How many users are infected already, ``[R]``."""
        return self.stop - self.start

    def pairs(self, rows: slice, num_users: int) -> tuple[Tensor, Tensor]:
        """Row (counted from the first of ``rows``) and user of each infection in these rows, both ``[P]``.

        Users from ``num_users`` on, whom the model does not know, are left out.
        """
        start = self.start[rows]
        size = self.stop[rows] - start
        row = torch.repeat_interleave(torch.arange(size.numel(), device=size.device), size)
        before = start - (size.cumsum(0) - size)
        user = self.user.index_select(0, before.index_select(0, row).add_(torch.arange(row.numel(), device=row.device)))
        known = user < num_users
        return (row, user) if bool(known.all()) else (row[known], user[known])

    def select(self, rows: Tensor) -> History:
        """The histories of the rows ``[R']``."""
        return History(self.user, self.start[rows], self.stop[rows])
