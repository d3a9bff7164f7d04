from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.nn import History

__all__ = ["NextEvents"]


@dataclass(frozen=True, eq=False)
class NextEvents:
    """The predictions to make in a batch of cascades.

    Args:
        row: Events that are followed by a target, ``[R]`` int64.
        target: The following user, or ``num_users`` for Terminate, ``[R]`` int64.
        history: Users who are infected up to and including each of these events.
    """

    row: Tensor
    target: Tensor
    history: History

    @classmethod
    def from_batch(cls, batch: Data, terminate: int | None = None) -> NextEvents:
        """Collects the predictions of a batch, in the order of its events.

        Args:
            batch: Cascades with ``user`` ``[E]``, ``batch`` ``[E]`` and ``ptr`` ``[B + 1]``.
            terminate: Target after the last event of a cascade; ``None`` for no prediction there.
        """
        user, ptr = batch.user, batch.ptr
        event = torch.arange(user.numel(), device=user.device)
        target = user.roll(-1)
        start = ptr[:-1][batch.batch]
        history = History(user, start, event + 1)
        last = ptr[1:] - 1
        if terminate is not None:
            target[last] = terminate
            return cls(event, target, history)
        follows = torch.ones_like(user, dtype=torch.bool)
        follows[last] = False
        row = event[follows]
        return cls(row, target[row], history.select(row))

    def select(self, keep: Tensor) -> NextEvents:
        """Returns the predictions that the mask or index ``keep`` selects."""
        index = keep.nonzero().view(-1) if keep.dtype == torch.bool else keep
        return NextEvents(self.row[index], self.target[index], self.history.select(index))
