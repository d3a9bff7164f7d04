from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["History"]


@dataclass(frozen=True, eq=False)
class History:
    """The users who are already infected, for each of ``R`` rows, without a mask of rows x users.

    In row ``r`` these are ``user[start[r]:stop[r]]``.

    Args:
        user: Users, ``[E]`` int64.
        start: Position of the first user of each row, ``[R]`` int64.
        stop: Position after the last user of each row, ``[R]`` int64.
    """

    user: Tensor
    start: Tensor
    stop: Tensor

    @property
    def size(self) -> Tensor:
        """Number of infected users of each row, ``[R]``."""
        return self.stop - self.start

    def pairs(self, rows: slice, num_users: int) -> tuple[Tensor, Tensor]:
        """Returns the row and the user of each infection in some rows, both ``[P]``.

        Rows are counted from the start of ``rows``. Unknown users, whose number is ``num_users`` or higher, are left
        out.
        """
        start = self.start[rows]
        size = self.stop[rows] - start
        row = torch.repeat_interleave(torch.arange(size.numel(), device=size.device), size)
        before = start - (size.cumsum(0) - size)
        user = self.user.index_select(0, before.index_select(0, row).add_(torch.arange(row.numel(), device=row.device)))
        known = user < num_users
        return (row, user) if bool(known.all()) else (row[known], user[known])

    def select(self, rows: Tensor) -> History:
        """Returns the histories of the rows ``[R']``."""
        return History(self.user, self.start[rows], self.stop[rows])
