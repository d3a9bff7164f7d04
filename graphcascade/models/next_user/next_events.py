from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.nn import History

__all__ = ["NextEvents"]


@dataclass(frozen=True, eq=False)
class NextEvents:
    """What there is to predict in a batch of cascades.

    Args:
        row: Events that something follows, ``[R]`` int64.
        target: Who follows, ``[R]`` int64: a user, or ``num_users`` for Terminate.
        history: Users infected up to and including each of these events.
    """

    row: Tensor
    target: Tensor
    history: History

    @classmethod
    def from_batch(cls, batch: Data, terminate: int | None = None) -> NextEvents:
        """The predictions of a batch, in its order.

        Args:
            batch: Cascades with ``user`` ``[E]``, ``batch`` ``[E]`` and ``ptr`` ``[B + 1]``.
            terminate: What follows the last event of a cascade; nothing where this is ``None``.
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
        """Those of the predictions that the mask or index ``keep`` names."""
        index = keep.nonzero().view(-1) if keep.dtype == torch.bool else keep
        return NextEvents(self.row[index], self.target[index], self.history.select(index))
