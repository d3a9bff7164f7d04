from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from graphcascade.data.segments import expand_ranges, segment_ids

__all__ = ["PairCounts"]


class PairCounts(torch.nn.Module):
    """Counts of pairs of users, in a sparse ``U x U`` matrix.

    Args:
        num_users: Number of users ``U``.
    """

    key: Tensor
    count: Tensor

    def __init__(self, num_users: int) -> None:
        super().__init__()
        self.num_users = num_users
        self.register_buffer("key", torch.empty(0, dtype=torch.long))
        self.register_buffer("count", torch.empty(0, dtype=torch.float64))

    def add(self, user: Tensor, other: Tensor) -> None:
        """Counts the pairs ``(user[i], other[i])``, ``[P]`` each."""
        key, count = torch.unique(user * self.num_users + other, return_counts=True)
        key, place = torch.unique(torch.cat([self.key, key]), return_inverse=True)
        self.count = count.new_zeros(key.numel(), dtype=torch.float64).index_add_(
            0, place, torch.cat([self.count, count.double()])
        )
        self.key = key

    def rows(self, user: Tensor) -> Tensor:
        """Returns the counts of the users ``[R]`` with all users, ``[R, U]`` float64; zeros for an unknown user."""
        row = torch.arange(user.numel(), device=user.device)
        return self.weighted_sums(user, torch.ones_like(row, dtype=torch.float64), row, user.numel())

    def weighted_sums(self, user: Tensor, weight: Tensor, row: Tensor, num_rows: int) -> Tensor:
        """Returns sums of weighted counts: row ``row[i]`` gets ``weight[i]`` times the counts of ``user[i]``,
        ``[num_rows, U]`` float64.
        """
        bounds = torch.stack([user, user + 1]) * self.num_users
        start, stop = torch.searchsorted(self.key, bounds)
        entry, ptr = expand_ranges(start, stop)
        position = segment_ids(ptr)
        dense = self.count.new_zeros(num_rows, self.num_users)
        place = row[position] * self.num_users + self.key[entry] % self.num_users
        dense.view(-1).index_add_(0, place, self.count[entry] * weight[position])
        return dense

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        # The number of pairs is only known from the state dict.
        for name in ("key", "count"):
            if prefix + name in state_dict:
                setattr(self, name, torch.empty_like(state_dict[prefix + name]))
        super()._load_from_state_dict(state_dict, prefix, *args)
