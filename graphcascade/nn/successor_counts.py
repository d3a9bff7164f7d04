from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from graphcascade.data.segments import expand_ranges, portions, segment_ids
from graphcascade.errors import UsageError

__all__ = ["SuccessorCounts"]

EVENTS_PER_CHUNK = 2**22  # events that are counted at a time, which bounds the memory


class SuccessorCounts(torch.nn.Module):
    """Counts the cascades in which one user comes after another.

    It stores the cascades and counts on request. Memory therefore grows with the number of events, not with the number
    of pairs of events, which is quadratic in the length of the cascades.

    Args:
        num_users: Number of users ``U``.
        only_started: Count only the cascades that the first of the two users started, instead of all in which this
            user occurs.
    """

    user: Tensor
    """Users of the cascades, ``[E]`` int64."""
    ptr: Tensor
    """Boundaries of the cascades, ``[N + 1]`` int64."""
    _first_user: Tensor
    _first_event: Tensor
    _end: Tensor

    def __init__(self, num_users: int, only_started: bool = False) -> None:
        super().__init__()
        self.num_users = num_users
        self.only_started = only_started
        self.register_buffer("user", torch.empty(0, dtype=torch.long))
        self.register_buffer("ptr", torch.zeros(1, dtype=torch.long))
        for name in ("_first_user", "_first_event", "_end"):
            self.register_buffer(name, torch.empty(0, dtype=torch.long), persistent=False)

    def set_cascades(self, user: Tensor, ptr: Tensor) -> None:
        """Replaces the cascades that are counted: users ``[E]`` in order of infection, boundaries ``[N + 1]``."""
        self.user, self.ptr = user, ptr
        self._index()

    def rows(self, user: Tensor) -> Tensor:
        """Returns the counts of all users after the users ``[R]``, ``[R, U]`` float64; zeros for unknown users."""
        wanted, position = torch.unique(user, return_inverse=True)
        start, stop = torch.searchsorted(self._first_user, torch.stack([wanted, wanted + 1]))
        entry, bounds = expand_ranges(start, stop)
        row = segment_ids(bounds)
        begin, end = self._first_event[entry] + 1, self._end[entry]
        count = torch.zeros(wanted.numel() * self.num_users, dtype=torch.float64, device=user.device)
        for part in portions(end - begin, EVENTS_PER_CHUNK):
            event, event_ptr = expand_ranges(begin[part], end[part])
            key = row[part][segment_ids(event_ptr)] * self.num_users + self.user[event]
            count += torch.bincount(key, minlength=count.numel())
        return count.view(-1, self.num_users)[position]

    def _index(self) -> None:
        """Sorts the events that can be the first of two by their users."""
        event = self.ptr[:-1] if self.only_started else torch.arange(self.user.numel(), device=self.user.device)
        order = event[torch.argsort(self.user[event], stable=True)]
        end = self.ptr[1:][segment_ids(self.ptr)]
        self._first_user, self._first_event, self._end = self.user[order], order, end[order]

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        # The number of events is only known from the state dict.
        for name in ("user", "ptr"):
            if prefix + name in state_dict:
                setattr(self, name, torch.empty_like(state_dict[prefix + name]))
        super()._load_from_state_dict(state_dict, prefix, *args)
        if not _is_segmented(self.user, self.ptr, self.num_users):
            raise UsageError(f"{prefix}user and {prefix}ptr are not cascades of {self.num_users:,} users")
        self._index()


def _is_segmented(user: Tensor, ptr: Tensor, num_users: int) -> bool:
    if user.dim() != 1 or ptr.dim() != 1 or ptr.numel() == 0 or int(ptr[0]) != 0 or int(ptr[-1]) != user.numel():
        return False
    return not bool((ptr.diff() < 0).any() or (user < 0).any() or (user >= num_users).any())
